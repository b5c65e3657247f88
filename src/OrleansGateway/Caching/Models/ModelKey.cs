using System.Runtime.InteropServices;

namespace OrleansGateway.Caching.Models;

/// <summary>
/// Under what an answer is stored: the tenant, and the SHA-256 of all that the answer depends on, the tenant once more included. No other tenant's entry is equal,
/// whatever the hashes are.
/// </summary>
internal readonly struct ModelKey : IEquatable<ModelKey>
{
    private readonly string? _tenant;
    private readonly (ulong, ulong, ulong, ulong) _hash;

    /// <param name="tenant">Whose it is; none for calls without one.</param>
    /// <param name="hash">32 bytes.</param>
    public ModelKey(string? tenant, ReadOnlySpan<byte> hash)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(hash);
        (_tenant, _hash) = (tenant, (words[0], words[1], words[2], words[3]));
    }

    public bool Equals(ModelKey other) => _hash == other._hash && _tenant == other._tenant;

    public override bool Equals(object? obj) => obj is ModelKey other && Equals(other);

    // As good as random already.
    public override int GetHashCode() => (int)_hash.Item1;
}
