using System.Buffers.Binary;
using System.Text;
using OrleansGateway.Caching.Disk;

namespace OrleansGateway.Caching.SecondLevel;

/// <summary>
/// Answers as they stand in the second level. Times in the head are spans there: <see cref="DiskHead.CameAt"/> is the age when it was written, <see cref="DiskHead.SpentAt"/> for how long it was
/// to stand there, both in milliseconds.
/// </summary>
internal static class SecondLevelFormat
{
    // Another one where what is written changes: versions of the gateway that run side by side pass over what they cannot read.
    private const byte Version = 1;
    private const int SumBytes = sizeof(uint);
    private const byte IsAnswer = 1;
    private const byte IsVaried = 2;

    /// <summary>An answer.</summary>
    public static byte[] Of(DiskHead head, byte[] body)
    {
        var headBytes = head.ToBytes();
        using var bytes = new MemoryStream(headBytes.Length + body.Length + 16);
        using var writer = Begin(bytes, IsAnswer);
        writer.Write(headBytes.Length);
        writer.Write(headBytes);
        writer.Write(body.Length);
        writer.Write(body);
        return Summed(bytes);
    }

    /// <summary>What the answers to a URL vary by: each stands under a key of its own.</summary>
    public static byte[] OfVaried(IReadOnlyList<string> names)
    {
        using var bytes = new MemoryStream();
        using var writer = Begin(bytes, IsVaried);
        writer.Write(names.Count);
        foreach (var name in names) writer.Write(name);
        return Summed(bytes);
    }

    /// <summary>Throws <see cref="DiskFaultException"/> if it cannot be read, or is of another version.</summary>
    public static SecondLevelContent Read(byte[] value)
    {
        // Lengths in it are gone by only where all of it is what was written.
        if (value.Length < SumBytes || BinaryPrimitives.ReadUInt32LittleEndian(value) != SumOf(value)) throw new DiskFaultException("It is damaged.");
        try
        {
            using var reader = new BinaryReader(new MemoryStream(value, SumBytes, value.Length - SumBytes), Encoding.UTF8);
            if (reader.ReadByte() != Version) throw new DiskFaultException("It is of another version.");
            if (reader.ReadByte() == IsVaried) return new SecondLevelContent(null, [], ReadNames(reader));
            var head = DiskHead.Of(reader.ReadBytes(reader.ReadInt32()));
            return new SecondLevelContent(head, reader.ReadBytes(reader.ReadInt32()), []);
        }
        catch (Exception unreadable) when (unreadable is EndOfStreamException or ArgumentException or FormatException)
        {
            throw new DiskFaultException("It cannot be read: " + unreadable.Message);
        }
    }

    private static BinaryWriter Begin(MemoryStream bytes, byte kind)
    {
        var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(new byte[SumBytes]);
        writer.Write(Version);
        writer.Write(kind);
        return writer;
    }

    private static byte[] Summed(MemoryStream bytes)
    {
        var value = bytes.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(value, SumOf(value));
        return value;
    }

    private static uint SumOf(byte[] value) => DiskFormat.SumOf(file: 0, block: -1, value.AsSpan(SumBytes));

    private static string[] ReadNames(BinaryReader reader)
    {
        var names = new List<string>();
        for (var left = reader.ReadInt32(); left > 0; left--) names.Add(reader.ReadString());
        return [.. names];
    }
}

/// <summary>What stands under a key.</summary>
/// <param name="Head">Of an answer; none if it varies.</param>
/// <param name="Body">Of an answer.</param>
/// <param name="Names">Fields of requests by which answers vary; empty if this is the answer.</param>
internal sealed record SecondLevelContent(DiskHead? Head, byte[] Body, string[] Names);
