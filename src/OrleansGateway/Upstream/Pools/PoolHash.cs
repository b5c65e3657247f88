using System.Net.Sockets;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream.Pools;

/// <summary>What a request hashes to: the header or cookie named, or else the client's address.</summary>
internal static class PoolHash
{
    /// <param name="settings">What it goes by.</param>
    /// <param name="request">The client's.</param>
    /// <param name="client">Address of the client; all without one hash alike.</param>
    public static ulong Of(HashSettings settings, HttpRequest request, IPAddress? client)
    {
        if (settings.Header is { } header && request.Headers.TryGetValue(header, out var values) && values is [{ Length: > 0 } value, ..])
            return StableHash.Of(value);
        if (settings.Cookie is { } cookie && Cookie(request.Headers.Cookie, cookie) is { IsEmpty: false } held) return StableHash.Of(held);
        return client is null ? 0 : OfAddress(client);
    }

    // Read in place: the platform's collection of cookies is a dictionary for each request.
    private static ReadOnlySpan<char> Cookie(in StringValues lines, string name)
    {
        foreach (var line in lines)
        {
            for (var rest = line.AsSpan(); !rest.IsEmpty;)
            {
                var end = rest.IndexOf(';');
                var pair = (end < 0 ? rest : rest[..end]).Trim();
                rest = end < 0 ? [] : rest[(end + 1)..];
                if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal)) return pair[(name.Length + 1)..];
            }
        }

        return [];
    }

    private static ulong OfAddress(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        // One client is one client, whether the socket was of both families or of one.
        var isMapped = address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv4MappedToIPv6;
        return StableHash.Of(isMapped ? bytes[12..16] : bytes[..length]);
    }
}
