using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>What a strict reader makes of a request.</summary>
internal enum Verdict
{
    /// <summary>Its head and framing are right, and all of it is there.</summary>
    Whole,

    /// <summary>It ends before its end.</summary>
    Partial,

    /// <summary>Its head must be refused.</summary>
    WrongHead,

    /// <summary>Its body is no body.</summary>
    WrongBody,

    /// <summary>The RFCs leave open how it is read, so nothing can be said of what follows.</summary>
    Unclear,
}

/// <summary>One request in bytes, and where it stands. Judged strictly, by RFC 9112; where that lets a recipient choose, the verdict is open.</summary>
internal sealed partial record ReadRequest(Verdict Verdict, int Start, int End, string Why = "")
{
    public string Method { get; private init; } = "";

    public string Target { get; private init; } = "";

    public Fields Fields { get; private init; } = Fields.Read("");

    /// <summary>Whether the connection must not be used after it.</summary>
    public bool IsLast { get; private init; }

    public bool HasHead => Method.Length > 0;

    /// <summary>All requests in the bytes, up to the first that is not whole.</summary>
    public static List<ReadRequest> All(string wire)
    {
        var requests = new List<ReadRequest>();
        for (var at = 0; at < wire.Length; at = requests[^1].End)
        {
            requests.Add(At(wire, at));
            if (requests[^1].Verdict != Verdict.Whole || requests[^1].IsLast) break;
        }

        return requests;
    }

    /// <summary>The request that begins at a place.</summary>
    public static ReadRequest At(string wire, int start)
    {
        var end = wire.IndexOf("\r\n\r\n", start, StringComparison.Ordinal);
        var head = end < 0 ? wire[start..] : wire[start..(end + 2)];
        ReadRequest As(Verdict verdict, string why) => new(verdict, start, wire.Length, why);

        if (head[0] is '\r' or '\n') return As(Verdict.Unclear, "an empty line before it");
        if (BareLineFeed().IsMatch(head)) return As(Verdict.Unclear, "a line that ends with a line feed only");
        if (end < 0) return As(Verdict.Partial, "no end of the head");
        if (RequestLine().Match(head) is not { Success: true } line) return As(Verdict.Unclear, "an odd request line");
        var fields = Fields.Read(head[line.Length..]);
        var read = new ReadRequest(Verdict.Whole, start, end + 4) { Method = line.Groups["method"].Value, Target = line.Groups["target"].Value, Fields = fields };
        return fields.Fault is { } fault ? read.As(Verdict.WrongHead, wire, fault) : read.Framed(wire, isOld: line.Groups["minor"].Value == "0");
    }

    private ReadRequest Framed(string wire, bool isOld)
    {
        var (lengths, codings) = (Fields.Of("content-length"), Fields.Of("transfer-encoding"));
        var read = this with { IsLast = Fields.Has("connection", "close") || (isOld && !Fields.Has("connection", "keep-alive")) || (lengths.Length > 0 && codings.Length > 0) };
        if (Fields.Of("host").Length > 1 || (Fields.Of("host").Length == 0 && !isOld)) return read.As(Verdict.WrongHead, wire, "not one Host");
        if (Method == "CONNECT") return read.As(Verdict.Unclear, wire, "a tunnel");
        if (codings.Length > 0)
        {
            if (isOld) return read.As(Verdict.Unclear, wire, "chunks before HTTP/1.1");
            return codings is [var only] && only.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                ? read.Chunked(wire)
                : read.As(string.Join(',', codings).TrimEnd().EndsWith("chunked", StringComparison.OrdinalIgnoreCase) ? Verdict.Unclear : Verdict.WrongHead, wire, "a strange coding");
        }

        if (lengths.Length == 0) return read;
        if (lengths.Any(l => !Digits().IsMatch(l) || !long.TryParse(l, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            return read.As(Verdict.WrongHead, wire, "a length that is no number");
        if (lengths.Distinct().Count() > 1) return read.As(Verdict.WrongHead, wire, "two lengths");
        if (lengths.Length > 1) return read.As(Verdict.Unclear, wire, "a length twice");
        var end = End + long.Parse(lengths[0], CultureInfo.InvariantCulture);
        return end < 0 || end > wire.Length ? read.As(Verdict.Partial, wire, "less than its length") : read with { End = (int)end };
    }

    private ReadRequest Chunked(string wire)
    {
        var body = ChunkedText.Read(wire, End);
        return body.Verdict == Verdict.Whole ? this with { End = body.End } : As(body.Verdict, wire, body.Why);
    }

    private ReadRequest As(Verdict verdict, string wire, string why) => this with { Verdict = verdict, End = wire.Length, Why = why };

    [GeneratedRegex(@"\G(?<method>[!#$%&'*+\-.^_`|~0-9A-Za-z]+) (?<target>[!-~]+) HTTP/1\.(?<minor>[01])\r\n", RegexOptions.ExplicitCapture)]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"(?<!\r)\n")]
    private static partial Regex BareLineFeed();

    [GeneratedRegex(@"\A[0-9]+\z")]
    private static partial Regex Digits();
}
