using System.Buffers.Binary;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Usage;

/// <summary>
/// The records of one call as they stand in the log. A word that says whose frame it is, length of all, CRC-32C of what follows, count of records (4 bytes each), when it was
/// appended (8); then each record with its length (4). Little-endian, filled up to a multiple of 8, so that behind a damage the next one is found.
/// </summary>
internal static class UsageFrame
{
    public const int HeadLength = 24;
    public const int Alignment = 8;

    private const int CheckedFrom = 12;

    /// <summary>
    /// The word that frames of a session begin with. Not the same for all: a client must not be able to make up a frame within a text, to be found behind a damage.
    /// </summary>
    public static uint WordOf(Guid session)
    {
        Span<byte> bytes = stackalloc byte[16];
        session.TryWriteBytes(bytes);
        return JournalEntry.Checksum(bytes) | 1;
    }

    /// <summary>Most bytes that a frame of these can take.</summary>
    public static int LengthMax(ReadOnlySpan<UsageRecord> records)
    {
        var length = HeadLength + Alignment;
        foreach (var record in records) length = checked(length + 4 + UsageRecordCodec.LengthMax(record));
        return length;
    }

    /// <summary>Writes one; answers its length.</summary>
    public static int Write(ReadOnlySpan<UsageRecord> records, uint word, DateTimeOffset now, Span<byte> to)
    {
        var at = HeadLength;
        foreach (var record in records)
        {
            var length = UsageRecordCodec.Write(record, to[(at + 4)..]);
            BinaryPrimitives.WriteInt32LittleEndian(to[at..], length);
            at += 4 + length;
        }

        for (; at % Alignment != 0; at++) to[at] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(to, word);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], at);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], records.Length);
        BinaryPrimitives.WriteInt64LittleEndian(to[16..], now.UtcTicks);
        // The length is checked by where the sum is taken from.
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], JournalEntry.Checksum(to[CheckedFrom..at]));
        return at;
    }

    /// <summary>Length of the frame that stands at the beginning of these bytes; 0 if none does.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes, uint word)
    {
        if (bytes.Length < HeadLength || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != word) return 0;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (length < HeadLength || length > bytes.Length || length % Alignment != 0) return 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) == JournalEntry.Checksum(bytes[CheckedFrom..length]) ? length : 0;
    }

    /// <summary>Where the next frame begins, from a place that a frame could begin at; -1 if there is none.</summary>
    public static int Find(ReadOnlySpan<byte> bytes, uint word)
    {
        for (var at = 0; at <= bytes.Length - HeadLength; at += Alignment)
        {
            if (LengthOf(bytes[at..], word) > 0) return at;
        }

        return -1;
    }

    public static DateTimeOffset AppendedAt(ReadOnlySpan<byte> frame) => new(BinaryPrimitives.ReadInt64LittleEndian(frame[16..]), TimeSpan.Zero);

    /// <summary>The records of a frame that checks. Throws <see cref="InvalidDataException"/> if this program cannot read one of them; nothing is added then.</summary>
    public static void Read(ReadOnlySpan<byte> frame, List<UsageRecord> into)
    {
        var before = into.Count;
        try
        {
            var rest = frame[HeadLength..];
            for (var left = BinaryPrimitives.ReadInt32LittleEndian(frame[12..]); left > 0; left--)
            {
                if (rest.Length < 4) throw UsageFieldReader.Invalid("is missing");
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                if (length < 0 || length > rest.Length - 4) throw UsageFieldReader.Invalid("ends too early");
                into.Add(UsageRecordCodec.Read(rest.Slice(4, length)));
                rest = rest[(4 + length)..];
            }
        }
        catch (InvalidDataException)
        {
            into.RemoveRange(before, into.Count - before);
            throw;
        }
    }
}
