using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansGateway.Usage;

/// <summary>
/// A number by which requests that are the same, byte for byte, are told in reports: XXH64 of the body, seeded with its tenant, so that what one tenant asks can be held against
/// nothing that another does. The same on all edges and after every start. It keeps nobody who has a prompt from finding whether it was asked: no secret is in it.
/// </summary>
internal static class PromptHash
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;

    /// <summary>Of a request's body; none without one.</summary>
    public static long? Of(string? tenant, ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty) return null;
        return (long)Of(body, tenant is null ? 0 : Of(MemoryMarshal.AsBytes(tenant.AsSpan()), 0));
    }

    /// <summary>XXH64, as https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md has it: eight bytes a step, where a sum byte by byte takes eight times as long.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed)
    {
        var length = (ulong)bytes.Length;
        var hash = bytes.Length >= 32 ? Stripes(ref bytes, seed) : seed + Prime5;
        hash += length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = (BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(bytes)), 27) * Prime1) + Prime4;
        if (bytes.Length >= 4)
        {
            hash = (BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Prime1), 23) * Prime2) + Prime3;
            bytes = bytes[4..];
        }

        foreach (var one in bytes) hash = BitOperations.RotateLeft(hash ^ (one * Prime5), 11) * Prime1;
        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }

    private static ulong Stripes(ref ReadOnlySpan<byte> bytes, ulong seed)
    {
        var (one, two, three, four) = (seed + Prime1 + Prime2, seed + Prime2, seed, seed - Prime1);
        for (; bytes.Length >= 32; bytes = bytes[32..])
        {
            one = Round(one, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            two = Round(two, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
            three = Round(three, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
            four = Round(four, BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
        }

        var hash = BitOperations.RotateLeft(one, 1) + BitOperations.RotateLeft(two, 7) + BitOperations.RotateLeft(three, 12) + BitOperations.RotateLeft(four, 18);
        return Merge(Merge(Merge(Merge(hash, one), two), three), four);
    }

    private static ulong Round(ulong sum, ulong lane) => BitOperations.RotateLeft(sum + (lane * Prime2), 31) * Prime1;

    private static ulong Merge(ulong hash, ulong sum) => ((hash ^ Round(0, sum)) * Prime1) + Prime4;
}
