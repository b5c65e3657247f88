using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>One final answer in bytes, with the interim ones before it.</summary>
/// <param name="Status">Its status; 101 if the connection was handed over, and all that follows is its body.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends, or the bytes do.</param>
/// <param name="IsWhole">Whether all of it is there.</param>
/// <param name="Fault">What no answer may be; none if it is one.</param>
internal sealed partial record ReadAnswer(int Status, int Start, int End, bool IsWhole, string? Fault = null)
{
    /// <summary>The answers in the bytes to the requests: as many as these, or what stands after them as one more.</summary>
    /// <param name="wire">All that the gateway said.</param>
    /// <param name="requests">What it was asked. None is read that answers a request nobody can be sure of.</param>
    /// <param name="closed">Whether nothing more comes.</param>
    public static List<ReadAnswer> All(string wire, IReadOnlyList<ReadRequest> requests, bool closed)
    {
        var answers = new List<ReadAnswer>();
        for (var at = 0; at < wire.Length;)
        {
            var request = answers.Count < requests.Count ? requests[answers.Count] : null;
            if (request?.Verdict is Verdict.Unclear) break;
            var answer = At(wire, at, request?.Method ?? "", closed);
            answers.Add(answer);
            if (!answer.IsWhole || answer.Fault is not null || answer.Status == 101 || request is null) break;
            at = answer.End;
        }

        return answers;
    }

    private static ReadAnswer At(string wire, int start, string method, bool closed)
    {
        for (var at = start; ;)
        {
            var end = wire.IndexOf("\r\n\r\n", at, StringComparison.Ordinal);
            if (end < 0) return new(0, start, wire.Length, IsWhole: false, wire.Length - at > 1 << 20 ? "a head without end" : null);
            if (StatusLine().Match(wire, at) is not { Success: true } line) return Bad("no status line");
            var fields = Fields.Read(wire[(at + line.Length)..(end + 2)]);
            if (fields.Fault is { } fault) return Bad(fault);
            if (fields.IsOdd) return Bad("a field that may not be sent");
            var status = int.Parse(line.Groups["status"].ValueSpan, CultureInfo.InvariantCulture);
            at = end + 4;
            if (status is 101) return new(status, start, wire.Length, IsWhole: true);
            if (status >= 200) return Body(status, at, fields);
            if (fields.Of("content-length").Length + fields.Of("transfer-encoding").Length > 0) return Bad("an interim answer with a body");
            if (at == wire.Length) return new(0, start, at, IsWhole: false);
        }

        ReadAnswer Bad(string fault) => new(0, start, wire.Length, IsWhole: false, fault);

        ReadAnswer Body(int status, int at, Fields fields)
        {
            var (lengths, codings) = (fields.Of("content-length"), fields.Of("transfer-encoding"));
            if (lengths.Length > 1 || codings.Length > 1 || lengths.Length + codings.Length > 1) return Bad("framed twice");
            if (lengths.Length == 1 && !long.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out _)) return Bad("a length that is no number");
            if (codings.Length == 1 && codings[0] != "chunked") return Bad("a strange coding");
            if (status == 204 && lengths.Length + codings.Length > 0) return Bad("204 with a body");
            if (method == "HEAD" || status is 204 or 304) return new(status, start, at, IsWhole: true);
            if (codings.Length == 1)
            {
                var chunks = ChunkedText.Read(wire, at);
                return chunks.Verdict switch
                {
                    Verdict.Whole => new(status, start, chunks.End, IsWhole: true),
                    Verdict.Partial => new(status, start, wire.Length, IsWhole: false),
                    _ => Bad(chunks.Why),
                };
            }

            if (lengths.Length == 0) return new(status, start, wire.Length, IsWhole: closed, fields.Has("connection", "close") ? null : "neither length nor close");
            var end = at + long.Parse(lengths[0], CultureInfo.InvariantCulture);
            return end > wire.Length ? new(status, start, wire.Length, IsWhole: false) : new(status, start, (int)end, IsWhole: true);
        }
    }

    [GeneratedRegex(@"\GHTTP/1\.1 (?<status>[1-5][0-9][0-9]) [\t -~\x80-\xff]*\r\n", RegexOptions.ExplicitCapture)]
    private static partial Regex StatusLine();
}
