using System.Buffers.Binary;

namespace OrleansGateway.Leases.Journal;

/// <summary>What a file of a journal says of itself.</summary>
/// <param name="Session">Whose it is.</param>
/// <param name="Boot">The start of the machine that it was written in; empty where the machine does not say.</param>
/// <param name="Number">Of a segment: its place. Of a checkpoint: the last segment that it sums up.</param>
/// <param name="IsCheckpoint">Whether it is a checkpoint.</param>
internal readonly record struct JournalHeader(Guid Session, Guid Boot, long Number, bool IsCheckpoint)
{
    private const uint Magic = 0x4A_47_4F_31;

    private const int ChecksumAt = JournalFile.FixedLength - 4;

    public void Write(Span<byte> to, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], length);
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], Number);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], IsCheckpoint ? 1 : 0);
        Session.TryWriteBytes(to[20..]);
        Boot.TryWriteBytes(to[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(to[ChecksumAt..], JournalEntry.Checksum(to[..ChecksumAt]));
    }

    /// <summary>Reads it from a whole file; false if it is no file of a journal, or not whole.</summary>
    public static bool TryRead(ReadOnlySpan<byte> file, out JournalHeader header)
    {
        header = default;
        if (file.Length < JournalFile.HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(file) != Magic) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(file[ChecksumAt..]) != JournalEntry.Checksum(file[..ChecksumAt])) return false;
        header = new JournalHeader(
            new Guid(file.Slice(20, 16)), new Guid(file.Slice(36, 16)), BinaryPrimitives.ReadInt64LittleEndian(file[8..]), BinaryPrimitives.ReadInt32LittleEndian(file[16..]) == 1);
        return true;
    }

    /// <summary>Length that the file had when it was made.</summary>
    public static int LengthOf(ReadOnlySpan<byte> file) => BinaryPrimitives.ReadInt32LittleEndian(file[4..]);
}
