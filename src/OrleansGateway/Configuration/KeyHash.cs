using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace OrleansGateway.Configuration;

/// <summary>
/// SHA-256 of a key, as a dictionary key. A key is 256 random bits, so a fast hash is enough: there is nothing to guess (as GitHub's and
/// Stripe's tokens). Comparing takes the same time wherever two hashes differ.
/// </summary>
internal readonly struct KeyHash : IEquatable<KeyHash>
{
    public const int Bytes = SHA256.HashSizeInBytes;

    private readonly (ulong A, ulong B, ulong C, ulong D) _bits;

    public KeyHash(ReadOnlySpan<byte> hash) => _bits = MemoryMarshal.Read<(ulong, ulong, ulong, ulong)>(hash[..Bytes]);

    /// <summary>Hash of a key as a client sends it. Allocates nothing for keys up to 256 characters.</summary>
    public static KeyHash Of(ReadOnlySpan<char> key)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(key.Length);
        var utf8 = bytesMax <= 1024 ? stackalloc byte[bytesMax] : new byte[bytesMax];
        var length = Encoding.UTF8.GetBytes(key, utf8);
        Span<byte> hash = stackalloc byte[Bytes];
        SHA256.HashData(utf8[..length], hash);
        return new KeyHash(hash);
    }

    public static KeyHash Parse(string hex) => new(Convert.FromHexString(hex));

    public byte[] ToArray()
    {
        var bytes = new byte[Bytes];
        MemoryMarshal.Write(bytes, _bits);
        return bytes;
    }

    public bool Equals(KeyHash other) =>
        CryptographicOperations.FixedTimeEquals(AsBytes(in this), AsBytes(in other));

    public override bool Equals(object? obj) => obj is KeyHash other && Equals(other);

    // Any 32 bits of a SHA-256 are as good as random.
    public override int GetHashCode() => (int)_bits.A;

    public override string ToString() => Convert.ToHexStringLower(AsBytes(in this));

    private static ReadOnlySpan<byte> AsBytes(in KeyHash hash) => MemoryMarshal.AsBytes(new ReadOnlySpan<KeyHash>(in hash));
}
