using System.Text;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>Whether what a client gets says of a stored answer what that is: its status for the request's conditions and range, its fields, its bytes.</summary>
internal static class ModelAnswer
{
    // Of the connection (RFC 9111 §3.1), or written anew by whoever sends.
    private static readonly string[] s_own =
    [
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info", "Transfer-Encoding", "TE", "Upgrade", "Trailer", "Content-Length", "Age", "Via",
        "Gateway-Cache-Control", "Surrogate-Key", "xkey", "Surrogate-Control", "Cache-Status",
    ];

    // What describes a body may be its own still after a 304 (§3.2), and is not said where there is another.
    private static readonly string[] s_body = ["Content-Type", "Content-Encoding", "Content-Range", "Content-Language"];

    /// <summary>The bytes of a version.</summary>
    public static byte[] BodyOf(int version, int length)
    {
        const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        return Encoding.ASCII.GetBytes(string.Create(length, version, static (text, version) =>
        {
            var seed = (ulong)version;
            for (var i = 0; i < text.Length; i++)
            {
                seed = (seed * 6364136223846793005) + 1442695040888963407;
                text[i] = Letters[(int)(seed >> 58)];
            }
        }));
    }

    /// <summary>What is wrong with it; none if nothing is.</summary>
    public static string? Fault(ModelStored stored, HistoryRequest request, HistoryAnswer answer) =>
        (answer.Status switch
        {
            304 when stored.Status != 304 => IsConditionMet(stored, request) ? answer.Body.Length == 0 ? null : "a 304 has no body" : "304 for a condition that does not hold",
            206 when stored.Status is 200 or 206 => FaultOfPart(stored, request, answer),
            416 when stored.Status is 200 or 206 => FaultOfNone(stored, request, answer),
            _ => FaultOfWhole(stored, request, answer),
        }) ?? FaultOfFields(stored, answer);

    /// <summary>RFC 9110 §13.2.2, as far as a cache evaluates it (RFC 9111 §4.3.2).</summary>
    private static bool IsConditionMet(ModelStored stored, HistoryRequest request)
    {
        if (stored.Status is not (200 or 206)) return false;
        var tags = ModelSyntax.Members(request.Fields.All("If-None-Match"));
        if (request.Fields.Has("If-None-Match")) return tags.Contains("*") || (stored.Tag is { } tag && tags.Exists(other => Opaque(other) == Opaque(tag)));
        var (since, modified) = (Date(request.Fields.Only("If-Modified-Since"), stored), Date(stored.Fields.Only("Last-Modified"), stored));
        return modified <= since;
    }

    private static string? FaultOfPart(ModelStored stored, HistoryRequest request, HistoryAnswer answer)
    {
        // RFC 9110 §14.2: ranges are of GET only.
        if (!request.IsGet) return "206 for a method without ranges";
        if (!MayCut(stored, request)) return "206 though If-Range does not hold (RFC 9110 §13.1.5)";
        var (from, to) = RangeOf(request, stored.Length);
        if (from > to) return "206 without a range that was asked for";
        if (answer.Fields.Only("Content-Range") != $"bytes {from}-{to}/{stored.Length}") return $"Content-Range is {answer.Fields.Whole("Content-Range")}";
        if ((ModelStored.MaskOf(from, to) & ~stored.Mask) != 0) return "bytes that were never stored";
        return answer.Body.AsSpan().SequenceEqual(BodyOf(stored.Version, stored.Length).AsSpan(from, to - from + 1)) ? null : "other bytes";
    }

    private static string? FaultOfNone(ModelStored stored, HistoryRequest request, HistoryAnswer answer)
    {
        if (!request.IsGet || !request.Fields.Has("Range") || !MayCut(stored, request)) return "416 without a range";
        var (from, to) = RangeOf(request, stored.Length);
        return from > to ? null : $"416 for {from}-{to} of {stored.Length}: {answer}";
    }

    private static string? FaultOfWhole(ModelStored stored, HistoryRequest request, HistoryAnswer answer)
    {
        var status = stored.Status == 206 && stored.IsWhole ? 200 : stored.Status;
        if (answer.Status != status) return $"status {answer.Status} for a stored {status}";
        if (answer.Status is 204 or 304 || request.IsHead) return answer.Body.Length == 0 ? null : "a body where there is none";
        if (!stored.IsWhole) return "a part as the whole";
        return answer.Body.AsSpan().SequenceEqual(BodyOf(stored.Version, stored.Length)) ? null : "other bytes";
    }

    private static string? FaultOfFields(ModelStored stored, HistoryAnswer answer)
    {
        var dropped = ModelSyntax.Members(stored.Fields.All("Connection"));
        foreach (var name in stored.Fields.Lines.Select(static line => line.Name).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (s_own.Contains(name, StringComparer.OrdinalIgnoreCase) || s_body.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            if (dropped.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                if (answer.Fields.Has(name)) return $"{name} is of the connection only (§3.1)";
            }
            else if (!answer.Fields.All(name).SequenceEqual(stored.Fields.All(name)))
            {
                return $"{name} is '{answer.Fields.Whole(name)}', not '{stored.Fields.Whole(name)}'";
            }
        }

        return null;
    }

    /// <summary>RFC 9110 §13.1.5: strong comparison; a date is strong if it is a second older than the answer (§8.8.2.2).</summary>
    private static bool MayCut(ModelStored stored, HistoryRequest request)
    {
        if (!request.Fields.Has("If-Range")) return true;
        var condition = request.Fields.Only("If-Range");
        if (condition is ['"', ..]) return condition == stored.Fields.Only("ETag");
        return condition is not null && condition == stored.Fields.Only("Last-Modified") && Date(condition, stored) is { } modified
            && modified <= stored.DateOf().AddSeconds(-1);
    }

    /// <summary>The one range that is asked for, of so many bytes; an empty one if there is none.</summary>
    public static (int From, int To) RangeOf(HistoryRequest request, int length)
    {
        if (request.Fields.Only("Range") is not ['b', 'y', 't', 'e', 's', '=', ..] text || text.Contains(',', StringComparison.Ordinal)) return (0, -1);
        var ends = text[6..].Split('-');
        if (ends is not [var first, var last]) return (0, -1);
        if (first.Length == 0) return int.TryParse(last, out var suffix) && suffix > 0 ? (Math.Max(0, length - suffix), length - 1) : (0, -1);
        if (!int.TryParse(first, out var from) || from >= length) return (0, -1);
        return (from, last.Length == 0 ? length - 1 : Math.Min(length - 1, int.Parse(last, CultureInfo.InvariantCulture)));
    }

    /// <summary>For weak comparison (RFC 9110 §8.8.3.2).</summary>
    public static string Opaque(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;

    private static DateTimeOffset? Date(string? text, ModelStored stored) => ModelSyntax.Date(text, stored.Asked.CameAt);
}
