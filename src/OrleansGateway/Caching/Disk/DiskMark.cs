using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansGateway.Caching.Disk;

/// <summary>Where the clocks and the sequences of invalidations stood when the store was last known to agree with them. Written again and again while the gateway runs.</summary>
/// <param name="Machine">The clock of the machine, in milliseconds since 1970.</param>
/// <param name="Store">That of the store.</param>
/// <param name="Everybodys">The last invalidation of what is everybody's.</param>
/// <param name="Tenants">The last of each tenant that has any.</param>
internal sealed record DiskMark(long Machine, long Store, long Everybodys, IReadOnlyDictionary<string, long> Tenants)
{
    /// <summary>None if there is none, or it cannot be read.</summary>
    public static DiskMark? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), DiskMarkJson.Default.DiskMark) is { Tenants: not null } read ? read : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, DiskMarkJson.Default.DiskMark);

    /// <summary>The last invalidation of a tenant that the store has seen.</summary>
    public long HeadOf(string? tenant) => tenant is null ? Everybodys : Tenants.GetValueOrDefault(tenant);
}

[JsonSerializable(typeof(DiskMark))]
internal sealed partial class DiskMarkJson : JsonSerializerContext;
