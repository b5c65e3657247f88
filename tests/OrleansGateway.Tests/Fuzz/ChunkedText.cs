using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>A chunked body in bytes, as a strict reader takes it (RFC 9112 §7.1).</summary>
/// <param name="Verdict">Whole, partial, wrong or unclear.</param>
/// <param name="End">Where the next message begins, if it is whole.</param>
/// <param name="Why">What is wrong.</param>
internal sealed partial record ChunkedText(Verdict Verdict, int End, string Why = "")
{
    public static ChunkedText Read(string wire, int at)
    {
        while (true)
        {
            var end = wire.IndexOf("\r\n", at, StringComparison.Ordinal);
            if (end < 0) return new(Verdict.Partial, at, "no end of a chunk's size");
            var size = Size().Match(wire[at..end]);
            if (!size.Success) return new(Verdict.WrongBody, at, "no size of a chunk");
            if (size.Groups["extension"].Length > 0 && !PlainExtension().IsMatch(size.Groups["extension"].Value)) return new(Verdict.Unclear, at, "a strange extension");
            if (size.Groups["size"].Length > 15) return new(Verdict.Unclear, at, "a huge chunk");
            var length = long.Parse(size.Groups["size"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            at = end + 2;
            if (length == 0) return Trailers(wire, at);
            if (at + length + 2 > wire.Length)
                return at + length < wire.Length && wire[(int)(at + length)] != '\r' ? new(Verdict.WrongBody, at, "a chunk without its end") : new(Verdict.Partial, at, "less than a chunk");
            at += (int)length;
            if (wire[at] != '\r' || wire[at + 1] != '\n') return new(Verdict.WrongBody, at, "a chunk without its end");
            at += 2;
        }
    }

    private static ChunkedText Trailers(string wire, int at)
    {
        if (wire.AsSpan(at).StartsWith("\r\n")) return new(Verdict.Whole, at + 2);
        var end = wire.IndexOf("\r\n\r\n", at, StringComparison.Ordinal);
        var lines = end < 0 ? wire[at..] : wire[at..(end + 2)];
        if (BareLineFeed().IsMatch(lines)) return new(Verdict.Unclear, at, "a line that ends with a line feed only");
        if (end < 0) return new(Verdict.Partial, at, "no end of the trailers");
        return Fields.Read(lines).Fault is { } fault ? new(Verdict.WrongBody, at, fault) : new(Verdict.Whole, end + 4);
    }

    [GeneratedRegex(@"\A(?<size>[0-9A-Fa-f]+)(?<extension>;.*)?\z", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Size();

    [GeneratedRegex(@"\A(;[!-~]*)+\z")]
    private static partial Regex PlainExtension();

    [GeneratedRegex(@"(?<!\r)\n")]
    private static partial Regex BareLineFeed();
}
