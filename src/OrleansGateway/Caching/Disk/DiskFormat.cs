using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansGateway.Caching.Disk;

/// <summary>
/// How a stored answer stands in its file: a prefix, the head, and the body in blocks, each with a checksum behind it. All checksums begin with the number of the file, and those of
/// blocks with their place, so that what belongs to another file or place is found out too. A file of another version is not read.
/// </summary>
internal static class DiskFormat
{
    /// <summary>Changes with anything that is written: prefix, head, or what a key is made of.</summary>
    public const ushort Version = 1;

    /// <summary>Bytes of a body in one block; the last may have fewer.</summary>
    public const int BlockBytes = 64 << 10;

    public const int SumBytes = 4;

    public const int PrefixBytes = 40;

    /// <summary>Largest head that is read. Those of HTTP are far smaller.</summary>
    public const int HeadBytesMax = 4 << 20;

    // "OGWC".
    private const uint Magic = 0x4357_474F;

    /// <summary>Bytes of a whole file.</summary>
    public static long FileBytes(int headRoom, long bodyLength) => PrefixBytes + headRoom + bodyLength + (BlocksOf(bodyLength) * SumBytes);

    public static long BlocksOf(long bodyLength) => (bodyLength + BlockBytes - 1) / BlockBytes;

    /// <summary>Where a block begins.</summary>
    public static long PlaceOf(int headRoom, long block) => PrefixBytes + headRoom + (block * (BlockBytes + SumBytes));

    /// <summary>Checksum (CRC-32C) of a block, or of a head, which is block -1.</summary>
    public static uint SumOf(ulong file, long block, ReadOnlySpan<byte> bytes)
    {
        var sum = BitOperations.Crc32C(BitOperations.Crc32C(uint.MaxValue, file), (ulong)block);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) sum = BitOperations.Crc32C(sum, word);
        foreach (var one in bytes[(words.Length * sizeof(ulong))..]) sum = BitOperations.Crc32C(sum, one);
        return sum;
    }

    public static void WritePrefix(Span<byte> prefix, in DiskPrefix of)
    {
        prefix[..PrefixBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(prefix[4..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(prefix[8..], of.File);
        BinaryPrimitives.WriteInt32LittleEndian(prefix[16..], of.HeadBytes);
        BinaryPrimitives.WriteInt32LittleEndian(prefix[20..], of.HeadRoom);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[24..], of.HeadSum);
        BinaryPrimitives.WriteInt64LittleEndian(prefix[28..], of.BodyLength);
        BinaryPrimitives.WriteUInt32LittleEndian(prefix[36..], SumOf(of.File, -2, prefix[..36]));
    }

    /// <summary>None if it is not one, is damaged, or of another version.</summary>
    public static DiskPrefix? ReadPrefix(ReadOnlySpan<byte> prefix)
    {
        if (prefix.Length < PrefixBytes || BinaryPrimitives.ReadUInt32LittleEndian(prefix) != Magic || BinaryPrimitives.ReadUInt16LittleEndian(prefix[4..]) != Version) return null;
        var read = new DiskPrefix(
            BinaryPrimitives.ReadUInt64LittleEndian(prefix[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(prefix[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(prefix[20..]),
            BinaryPrimitives.ReadUInt32LittleEndian(prefix[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(prefix[28..]));
        var isWhole = BinaryPrimitives.ReadUInt32LittleEndian(prefix[36..]) == SumOf(read.File, -2, prefix[..36]);
        return isWhole && read is { HeadBytes: > 0 and <= HeadBytesMax, BodyLength: >= 0 } && read.HeadRoom >= read.HeadBytes ? read : null;
    }
}

/// <summary>How a file begins.</summary>
/// <param name="File">Its number, which its name has too.</param>
/// <param name="HeadBytes">Bytes of the head.</param>
/// <param name="HeadRoom">Bytes that a newer head may take in its place.</param>
/// <param name="HeadSum">Checksum of the head.</param>
/// <param name="BodyLength">Bytes of the body, without checksums.</param>
internal readonly record struct DiskPrefix(ulong File, int HeadBytes, int HeadRoom, uint HeadSum, long BodyLength);
