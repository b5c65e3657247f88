using System.Buffers;
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

    private const int StackBytesMax = 1024;

    private readonly (ulong A, ulong B, ulong C, ulong D) _bits;

    public KeyHash(ReadOnlySpan<byte> hash) => _bits = MemoryMarshal.Read<(ulong, ulong, ulong, ulong)>(hash[..Bytes]);

    /// <summary>Hash of a key, or of a token, as a client sends it. Allocates nothing.</summary>
    public static KeyHash Of(ReadOnlySpan<char> key)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(key.Length);
        if (bytesMax <= StackBytesMax) return Of(key, stackalloc byte[bytesMax]);
        var rented = ArrayPool<byte>.Shared.Rent(bytesMax);
        var hash = Of(key, rented);
        // The next to rent it must not find a credential in it.
        ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        return hash;
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

    private static KeyHash Of(ReadOnlySpan<char> key, Span<byte> utf8)
    {
        var length = Encoding.UTF8.GetBytes(key, utf8);
        Span<byte> hash = stackalloc byte[Bytes];
        SHA256.HashData(utf8[..length], hash);
        return new KeyHash(hash);
    }

    private static ReadOnlySpan<byte> AsBytes(in KeyHash hash) => MemoryMarshal.AsBytes(new ReadOnlySpan<KeyHash>(in hash));
}
