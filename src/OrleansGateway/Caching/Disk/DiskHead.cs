using System.Text;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Caching.Disk;

/// <summary>All of a stored answer but its body, as it stands in a file.</summary>
/// <param name="Key">See <see cref="CacheKey.ToBytes"/>: compared before an answer is used, so that nothing hangs on a hash.</param>
/// <param name="Tenant">Whose invalidations count for it; none for everybody's.</param>
/// <param name="FillSeq">The last of them that had been applied before the origin was asked.</param>
/// <param name="Url">By which it is invalidated.</param>
/// <param name="Selectors">Likewise, all of them.</param>
/// <param name="CameAt">When it came, on the clock of the store (<see cref="DiskClock"/>), in milliseconds.</param>
/// <param name="SpentAt">When it is of no use any more, likewise.</param>
/// <param name="Delay">Time from the request to the origin until then.</param>
/// <param name="Date">The date when it came, by the clock of the machine.</param>
/// <param name="Head">Status and fields.</param>
/// <param name="Vary">What it varies by.</param>
internal sealed record DiskHead(
    byte[] Key, string? Tenant, long FillSeq, string Url, IReadOnlyList<Selector> Selectors, long CameAt, long SpentAt, TimeSpan Delay, DateTimeOffset Date, StoredHead Head, VaryTerms Vary)
{
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.Unicode, leaveOpen: true))
        {
            writer.Write(Key.Length);
            writer.Write(Key);
            Write(writer, Tenant);
            writer.Write(FillSeq);
            writer.Write(Url);
            writer.Write(Selectors.Count);
            foreach (var selector in Selectors)
            {
                writer.Write((byte)selector.Kind);
                writer.Write(selector.Value);
            }

            writer.Write(CameAt);
            writer.Write(SpentAt);
            writer.Write(Delay.Ticks);
            writer.Write(Date.UtcTicks);
            writer.Write(Head.Status);
            Write(writer, Head.Sent);
            Write(writer, Head.Kept);
            writer.Write(Vary.Names.Count);
            for (var i = 0; i < Vary.Names.Count; i++) Write(writer, KeyValuePair.Create(Vary.Names[i], Vary.Said[i]));
            Write(writer, Vary.Language);
        }

        return bytes.ToArray();
    }

    /// <summary>Throws <see cref="DiskFaultException"/> if it cannot be read; its checksum was right, so it was never written.</summary>
    public static DiskHead Of(byte[] head)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(head), Encoding.Unicode);
            var key = reader.ReadBytes(reader.ReadInt32());
            var (tenant, fillSeq, url) = (ReadText(reader), reader.ReadInt64(), reader.ReadString());
            var selectors = new Selector[reader.ReadInt32()];
            for (var i = 0; i < selectors.Length; i++) selectors[i] = new Selector((SelectorKind)reader.ReadByte(), reader.ReadString());
            var (cameAt, spentAt, delay, date) = (reader.ReadInt64(), reader.ReadInt64(), new TimeSpan(reader.ReadInt64()), new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero));
            var stored = StoredHead.Restore(reader.ReadInt32(), ReadFields(reader), ReadFields(reader));
            var varies = ReadFields(reader);
            var vary = VaryTerms.Restore([.. varies.Select(static field => field.Key)], [.. varies.Select(static field => field.Value)], ReadText(reader));
            return new DiskHead(key, tenant, fillSeq, url, selectors, cameAt, spentAt, delay, date, stored, vary);
        }
        catch (Exception unreadable) when (unreadable is IOException or ArgumentException or OverflowException or FormatException)
        {
            throw new DiskFaultException("The head cannot be read: " + unreadable.Message);
        }
    }

    private static void Write(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null) writer.Write(text);
    }

    private static void Write(BinaryWriter writer, KeyValuePair<string, StringValues>[] fields)
    {
        writer.Write(fields.Length);
        foreach (var field in fields) Write(writer, field);
    }

    private static void Write(BinaryWriter writer, KeyValuePair<string, StringValues> field)
    {
        writer.Write(field.Key);
        writer.Write(field.Value.Count);
        foreach (var line in field.Value) writer.Write(line ?? "");
    }

    private static string? ReadText(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;

    private static KeyValuePair<string, StringValues>[] ReadFields(BinaryReader reader)
    {
        var fields = new KeyValuePair<string, StringValues>[reader.ReadInt32()];
        for (var i = 0; i < fields.Length; i++)
        {
            var (name, lines) = (reader.ReadString(), new string[reader.ReadInt32()]);
            for (var line = 0; line < lines.Length; line++) lines[line] = reader.ReadString();
            fields[i] = new(name, lines.Length == 1 ? new StringValues(lines[0]) : lines);
        }

        return fields;
    }
}
