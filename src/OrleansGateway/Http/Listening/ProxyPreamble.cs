using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansGateway.Http.Listening;

/// <summary>What the first bytes of a connection have told so far.</summary>
internal enum Verdict
{
    /// <summary>Nothing yet: more bytes must come.</summary>
    More,

    /// <summary>It is what was looked for.</summary>
    Yes,

    /// <summary>It is not.</summary>
    No,
}

/// <summary>
/// The PROXY header with which a load balancer says for whom it connects, versions 1 and 2 (HAProxy's "The PROXY protocol", §2). Reads the bytes and nothing else.
/// </summary>
internal static class ProxyPreamble
{
    /// <summary>Longest header of version 1, its line break included (§2.1).</summary>
    private const int LineMax = 107;

    /// <summary>Most bytes of addresses and extensions in version 2; 536 must be taken (§2.2), cloud providers send some hundreds.</summary>
    private const int BlockMax = 4 << 10;

    private const int FixedLength = 16;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>
    /// Reads the header at the beginning of what has come. <paramref name="end"/> is where it ends; <paramref name="client"/> is for whom it comes: nothing where it
    /// says that it comes for the load balancer itself, or does not say.
    /// </summary>
    public static Verdict Read(in ReadOnlySequence<byte> arrived, out SequencePosition end, out IPEndPoint? client)
    {
        (end, client) = (arrived.Start, null);
        Span<byte> head = stackalloc byte[(int)Math.Min(arrived.Length, LineMax)];
        arrived.Slice(0, head.Length).CopyTo(head);
        if (Begins(head, Signature) is var second && second != Verdict.No)
            return second == Verdict.More || head.Length < FixedLength ? Verdict.More : ReadBlock(arrived, head, out end, out client);
        return Begins(head, "PROXY "u8) switch
        {
            Verdict.Yes => ReadLine(arrived, head, out end, out client),
            var verdict => verdict,
        };
    }

    /// <summary>Whether the bytes begin as told, as far as they go.</summary>
    public static Verdict Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> beginning)
    {
        if (bytes.Length >= beginning.Length) return bytes.StartsWith(beginning) ? Verdict.Yes : Verdict.No;
        return beginning.StartsWith(bytes) ? Verdict.More : Verdict.No;
    }

    private static Verdict ReadLine(in ReadOnlySequence<byte> arrived, ReadOnlySpan<byte> head, out SequencePosition end, out IPEndPoint? client)
    {
        (end, client) = (arrived.Start, null);
        var length = head.IndexOf("\r\n"u8);
        if (length < 0) return head.Length < LineMax ? Verdict.More : Verdict.No;
        end = arrived.GetPosition(length + 2);
        var line = head["PROXY "u8.Length..length];
        // Whatever follows UNKNOWN is to be ignored (§2.1).
        if (line.SequenceEqual("UNKNOWN"u8) || line.StartsWith("UNKNOWN "u8)) return Verdict.Yes;
        Span<Range> words = stackalloc Range[6];
        if (Encoding.ASCII.GetString(line) is var text && text.AsSpan().Split(words, ' ') != 5) return Verdict.No;
        var isIPv6 = text[words[0]] == "TCP6";
        if (!isIPv6 && text[words[0]] != "TCP4") return Verdict.No;
        if (!TryAddress(text[words[1]], isIPv6, out var source) || !TryAddress(text[words[2]], isIPv6, out _)) return Verdict.No;
        if (!TryPort(text[words[3]], out var port) || !TryPort(text[words[4]], out _)) return Verdict.No;
        client = new IPEndPoint(source, port);
        return Verdict.Yes;
    }

    private static bool TryAddress(string text, bool isIPv6, out IPAddress address) =>
        IPAddress.TryParse(text, out address!) && text.Contains(':') == isIPv6 && (isIPv6 || text.Count(c => c == '.') == 3);

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort;

    private static Verdict ReadBlock(in ReadOnlySequence<byte> arrived, ReadOnlySpan<byte> head, out SequencePosition end, out IPEndPoint? client)
    {
        (end, client) = (arrived.Start, null);
        var (version, command, family, transport) = (head[12] >> 4, head[12] & 15, head[13] >> 4, head[13] & 15);
        var length = BinaryPrimitives.ReadUInt16BigEndian(head[14..]);
        if (version != 2 || command > 1 || family > 3 || transport > 2 || length > BlockMax) return Verdict.No;
        if (arrived.Length < FixedLength + length) return Verdict.More;
        end = arrived.GetPosition(FixedLength + length);
        // Local: a health check of the load balancer's own. Families without an IP address leave the peer's.
        if (command == 0 || family is 0 or 3) return Verdict.Yes;
        var size = family == 1 ? 4 : 16;
        // Source, destination and their ports; what follows are extensions.
        if (length < (size * 2) + 4) return Verdict.No;
        var addresses = head[FixedLength..];
        client = new IPEndPoint(new IPAddress(addresses[..size]), BinaryPrimitives.ReadUInt16BigEndian(addresses[(size * 2)..]));
        return Verdict.Yes;
    }
}
