using System.Security.Cryptography;
using System.Text;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>What an event is known by. It is stored, and so never changes.</summary>
internal static class EventDigest
{
    /// <summary>Of all that makes it the same: a publisher that uses an id twice for different things is not to lose the second.</summary>
    public static byte[] Of(string tenant, string id, InvalidationMode mode, string selectors) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{tenant.Length}:{tenant}{id.Length}:{id}{(int)mode}{selectors}"))).AsSpan(0, 16).ToArray();
}
