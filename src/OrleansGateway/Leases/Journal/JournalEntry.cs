using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace OrleansGateway.Leases.Journal;

internal enum JournalEntryKind : byte
{
    Opened = 1,
    Closed = 2,
    Held = 3,
    Ended = 4,

    /// <summary>The last of a segment: the next one exists, and goes on.</summary>
    Continued = 5,
}

/// <summary>
/// Entries as bytes. Each: length of all of it and CRC-32C of the rest (4 bytes each), kind (1), count of charges (1), length of the first text (2), a number (8); then what the
/// kind has: charges of lease (4) and amount (8); texts; numbers. Little-endian.
/// </summary>
internal static class JournalEntry
{
    public const int HeadLength = 20;
    public const int ChargeLength = 12;
    public const int ChargesMax = 32;
    public const int NameLengthMax = 64;

    /// <summary>Longest of the entries that are written for requests.</summary>
    public const int RequestLengthMax = HeadLength + (ChargesMax * ChargeLength) + NameLengthMax;

    public const int ContinuedLength = HeadLength;

    /// <summary>CRC-32C (Castagnoli): processors have an instruction for it.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var one in bytes) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    /// <summary>A lease, with what was spent of it so far: nothing but in a checkpoint.</summary>
    public static byte[] Opened(int lease, AccountId account, long number, long period, long spent)
    {
        // Characters as they are in memory: an encoding would lose half a surrogate pair, and make one account of two.
        var rule = MemoryMarshal.AsBytes(account.Rule.AsSpan());
        var scope = MemoryMarshal.AsBytes(account.Scope.AsSpan());
        var entry = new byte[HeadLength + 24 + rule.Length + scope.Length];
        var rest = entry.AsSpan(HeadLength);
        BinaryPrimitives.WriteInt64LittleEndian(rest, number);
        BinaryPrimitives.WriteInt64LittleEndian(rest[8..], period);
        BinaryPrimitives.WriteInt64LittleEndian(rest[16..], spent);
        rule.CopyTo(rest[24..]);
        scope.CopyTo(rest[(24 + rule.Length)..]);
        Finish(entry, JournalEntryKind.Opened, 0, checked((ushort)rule.Length), lease);
        return entry;
    }

    public static byte[] Of(JournalEntryKind kind, long number)
    {
        var entry = new byte[HeadLength];
        Finish(entry, kind, 0, 0, number);
        return entry;
    }

    /// <summary>Writes charges and a name; answers the length. A name of more than 64 bytes is cut.</summary>
    public static int Write(Span<byte> to, JournalEntryKind kind, long hold, ReadOnlySpan<Charge> charges, ReadOnlySpan<char> name)
    {
        var at = HeadLength;
        foreach (ref readonly var charge in charges)
        {
            BinaryPrimitives.WriteInt32LittleEndian(to[at..], charge.Lease);
            BinaryPrimitives.WriteInt64LittleEndian(to[(at + 4)..], charge.Amount);
            at += ChargeLength;
        }

        Utf8.FromUtf16(name, to.Slice(at, NameLengthMax), out _, out var written, replaceInvalidSequences: true);
        Finish(to[..(at + written)], kind, (byte)charges.Length, (ushort)written, hold);
        return at + written;
    }

    private static void Finish(Span<byte> entry, JournalEntryKind kind, byte charges, ushort text, long number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(entry, entry.Length);
        entry[8] = (byte)kind;
        entry[9] = charges;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[10..], text);
        BinaryPrimitives.WriteInt64LittleEndian(entry[12..], number);
        // The length is checked by where the sum is taken from.
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], Checksum(entry[8..]));
    }
}
