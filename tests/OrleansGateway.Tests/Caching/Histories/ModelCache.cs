using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>
/// RFC 9111 as something that can be run, written from its text: it keeps all that origins ever said, and says of an answer whether some cache that obeys the RFC could have
/// given it. It never says what a cache must give: that is counted (<see cref="IsPlainlyReusable"/>).
/// </summary>
internal sealed class ModelCache(CacheSettings settings)
{
    private readonly Dictionary<string, List<ModelStored>> _stored = [];
    private long _before;
    private readonly List<(long At, InvalidationMode Mode, Func<ModelStored, bool> Concerns)> _changes = [];

    /// <summary>Number of the last change.</summary>
    public long Changes => _changes.Count == 0 ? _before : _changes[^1].At;



    /// <summary>What came under these URLs is over and done with.</summary>
    public void Forget()
    {
        _before = Changes;
        _stored.Clear();
        _changes.Clear();
    }

    /// <summary>Something makes stored answers invalid.</summary>
    public void Invalidate(InvalidationMode mode, Func<ModelStored, bool> concerns) => _changes.Add((Changes + 1, mode, concerns));

    /// <summary>An origin was asked, and has answered or not.</summary>
    public void Saw(Asked asked)
    {
        if (asked.Answer is not { } came) return;
        var answer = came with { Fields = WithDate(came.Fields, asked.CameAt) };
        var (method, fields, target) = (asked.Request.Method, answer.Fields, asked.Request.Target);
        if (answer.Status == 304) Confirm(asked, answer);
        else if (method == "GET") Add(asked, answer, asked.AskedAtEvent);
        else if (method == "HEAD" && answer.Status == 200) Headed(asked, answer);
        else if (method is not ("HEAD" or "OPTIONS") && answer.Status is >= 200 and < 400) Changed(asked, answer, fields, target);
    }

    /// <summary>§4.4; and RFC 9110 §9.3.3: an answer to POST that is the same as a GET of its URL would bring.</summary>
    private void Changed(Asked asked, HistoryAnswer answer, Fields fields, string target)
    {
        string[] named = [target, fields.Only("Location") ?? target, fields.Only("Content-Location") ?? target];
        Invalidate(InvalidationMode.Hard, stored => named.Contains(stored.Target));
        if (asked.Request.Method == "POST" && fields.Only("Content-Location") == target) Add(asked, answer, Changes);
    }

    private List<ModelStored> Of(string target)
    {
        if (!_stored.TryGetValue(target, out var stored)) _stored[target] = stored = [];
        return stored;
    }

    private void Add(Asked asked, HistoryAnswer answer, long since)
    {
        var (length, mask) = Bytes(answer);
        // §3.4: parts of the same, as a strong validator says.
        if (answer.Status is 200 or 206 && Strong(answer.Fields) is { } tag)
        {
            foreach (var other in Of(asked.Request.Target).Where(other => other.StrongTag == tag && other.Status is 200 or 206)) mask |= other.Mask;
        }

        Of(asked.Request.Target).Add(new ModelStored(settings, asked, answer.Status, answer.Fields, asked.Version, length, mask, [asked.Request.Fields]) { Since = since });
    }

    /// <summary>§4.3.3, §4.3.4: which stored answers a 304 confirms, and what becomes of them (§3.2).</summary>
    private void Confirm(Asked asked, HistoryAnswer answer)
    {
        foreach (var stored in Of(asked.Request.Target).Where(stored => IsConfirmedBy(stored, asked.Request.Fields, answer.Fields)).ToList()) Renew(stored, asked, answer);
    }

    /// <summary>§4.3.5: which stored answers an answer to HEAD is about, and which it makes stale.</summary>
    private void Headed(Asked asked, HistoryAnswer answer)
    {
        var (tag, modified, length) = (answer.Fields.Only("ETag"), answer.Fields.Only("Last-Modified"), answer.Fields.Only("Content-Length"));
        var chosen = Of(asked.Request.Target).Where(stored => stored.Status is 200 or 206 && ModelVary.Matches(stored, asked.Request.Fields)).ToList();
        var same = chosen.Where(stored => (tag is null || tag == stored.Tag) && (modified is null || modified == stored.Modified)
            && (length is null || length == stored.Length.ToString(CultureInfo.InvariantCulture))).ToList();
        var others = chosen.Except(same).ToHashSet();
        if (others.Count > 0) Invalidate(InvalidationMode.Soft, others.Contains);
        foreach (var stored in same) Renew(stored, asked, answer);
    }

    private void Renew(ModelStored stored, Asked asked, HistoryAnswer answer)
    {
        var fields = stored.Fields.Copy();
        // Its age is of the answer that it came with; it is as old as its confirmation now.
        fields.Remove("Age");
        foreach (var name in answer.Fields.Lines.Select(static line => line.Name).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (name is "Content-Type" or "Content-Encoding" or "Content-Range" or "Content-Length") continue;
            fields.Remove(name);
            foreach (var value in answer.Fields.All(name)) fields.Add(name, value);
        }

        List<Fields> requests = [.. stored.Requests, asked.Request.Fields];
        Of(asked.Request.Target).Add(new ModelStored(settings, asked, stored.Status, fields, stored.Version, stored.Length, stored.Mask, requests) { Since = asked.AskedAtEvent });
    }

    private static bool IsConfirmedBy(ModelStored stored, Fields asked, Fields notModified)
    {
        var (tag, modified) = (stored.Tag, stored.Modified);
        // "each of those strong validators identifies a selected representation"; where none has it, nothing is updated.
        if (Strong(notModified) is { } strong) return strong == tag;
        if (notModified.Only("ETag") is { } weak && tag is not null) return weak == tag;
        if (notModified.Only("Last-Modified") is { } date && date != modified) return false;
        // What was asked about, it is.
        return (tag is not null && asked.Only("If-None-Match") == tag) || (!asked.Has("If-None-Match") && modified is not null && asked.Only("If-Modified-Since") == modified);
    }

    /// <summary>What is wrong with an answer to a request; none if nothing is.</summary>
    /// <param name="request">The client's.</param>
    /// <param name="answer">What it got.</param>
    /// <param name="asked">What the origin was asked from its coming to its answer.</param>
    /// <param name="cameAt">When it came.</param>
    /// <param name="changes">The last change before it came: what changes while it is answered is neither before it nor after it.</param>
    /// <param name="endedAt">When all was over.</param>
    public string? Fault(HistoryRequest request, HistoryAnswer answer, IReadOnlyList<Asked> asked, DateTimeOffset cameAt, long changes, DateTimeOffset endedAt)
    {
        if (!request.IsGet && !request.IsHead) return asked.Count == 1 ? null : "what may change something was not passed on once";
        var own = answer.Fields.Whole("Cache-Status")?.Contains("gateway; hit", StringComparison.Ordinal) == true ? [] : asked;
        // What is refreshed in the background is no part of it, nor is the time which that takes.
        var now = own.Count == 0 ? cameAt : endedAt;
        var failed = own.Any(static one => one.Answer is null or { Status: 500 or 502 or 503 or 504 });
        var reuse = new ModelReuse(settings, now, failed);
        // What only the origin can say (RFC 9110 §13.1.1, §13.1.4) is not the cache's.
        var wantsStored = reuse.Directives(request).Exists(static one => one.Name == "only-if-cached");
        if (own.Count > 0 && wantsStored && !request.Fields.Has("If-Match")) return "the origin was asked for what is wanted stored only (§5.2.1.7)";
        if (answer.Refusal == "not_cached") return wantsStored ? null : "504 for nothing";
        if (answer.Refusal is not null) return failed ? null : "refused, though the origin answered";
        if (answer.Id is not { } id) return "no origin has made it";
        var direct = own.FirstOrDefault(one => one.Id == id);
        // It answered the very request, with the client's own conditions.
        if (direct?.Answer is { Status: 304 } && answer.Status == 304 && AsksTheSame(request.Fields, direct.Request.Fields)) return null;
        if (direct?.Answer is { Status: not 304 } said && request.Method != "GET") return said.Status == answer.Status ? null : "another status than the origin's";
        if (direct?.Answer is { Status: not (200 or 206 or 304) } plain)
        {
            return plain.Status == answer.Status && answer.Body.AsSpan().SequenceEqual(plain.Body) ? null : "another answer than the origin's";
        }

        var faults = Of(request.Target).Where(stored => stored.Asked.Id == id).Select(stored => FaultOf(stored)).ToList();
        return faults.Count == 0 ? $"{id} is of no answer that may be given for {request.Target}" : faults.Contains(null) ? null : string.Join("; ", faults.Distinct());

        string? FaultOf(ModelStored stored) =>
            (direct is not null ? null : reuse.WhyNot(stored, request, PurgedHow(stored, changes)) ?? FaultOfAge(stored, answer, now)) ?? ModelAnswer.Fault(stored, request, answer);
    }

    /// <summary>
    /// Whether any cache worth its name answers this from what it has: a plain GET, and the last word of the origin on it is a whole 200 that says how long it is fresh, is fresh,
    /// and has not been made invalid.
    /// </summary>
    public bool IsPlainlyReusable(HistoryRequest request, DateTimeOffset now)
    {
        string[] special = ["Cache-Control", "Pragma", "Authorization", "Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range"];
        if (!request.IsGet || special.Any(request.Fields.Has)) return false;
        if (Of(request.Target) is not [.., { Status: 200, IsPlain: true, IsWhole: true } last]) return false;
        // An answer to HEAD need not be taken for a confirmation (§4.3.5: "SHOULD").
        if (last.Asked.Request.IsHead) return false;
        // What a client's own condition brought a client is not the cache's.
        if (last.Asked.Answer!.Status != 200 || last.Asked.Request.Fields.Has("If-Match")) return false;
        return last.Since == last.Asked.AskedAtEvent && last.Age(now) + TimeSpan.FromSeconds(1) < last.Lifetime && PurgedHow(last, Changes) is null
            && new ModelReuse(settings, now, false).WhyNot(last, request, null) is null;
    }

    private InvalidationMode? PurgedHow(ModelStored stored, long upTo)
    {
        var modes = _changes.Where(change => change.At > stored.Since && change.At <= upTo && change.Concerns(stored)).Select(static change => change.Mode).ToList();
        return modes.Count == 0 ? null : modes.Contains(InvalidationMode.Hard) ? InvalidationMode.Hard : InvalidationMode.Soft;
    }

    /// <summary>§5.1: what is given without validation says how old it is.</summary>
    private static string? FaultOfAge(ModelStored stored, HistoryAnswer answer, DateTimeOffset now)
    {
        var age = stored.Age(now).TotalSeconds;
        var isRight = long.TryParse(answer.Fields.Only("Age"), out var said) && said >= Math.Floor(age) && said <= age + 1;
        return isRight ? null : $"Age is {answer.Fields.Whole("Age")}, not {age:0.0}";
    }

    /// <summary>RFC 9110 §6.6.1: to what comes without a date, the time when it came is added as it is stored.</summary>
    private static Fields WithDate(Fields fields, DateTimeOffset cameAt)
    {
        if (fields.Has("Date")) return fields;
        var dated = fields.Copy();
        dated.Add("Date", cameAt.ToString("ddd, dd MMM yyyy HH:mm:ss 'GMT'", CultureInfo.InvariantCulture));
        return dated;
    }

    private static bool AsksTheSame(Fields client, Fields origin) =>
        client.Whole("If-None-Match") == origin.Whole("If-None-Match") && client.Whole("If-Modified-Since") == origin.Whole("If-Modified-Since");

    private static (int Length, ulong Mask) Bytes(HistoryAnswer answer)
    {
        if (answer.Status != 206) return (answer.Body.Length, ModelStored.MaskOf(0, answer.Body.Length - 1));
        var ends = answer.Fields.Only("Content-Range")!.Split(' ', '-', '/');
        int Number(int at) => int.Parse(ends[at], CultureInfo.InvariantCulture);
        return (Number(3), ModelStored.MaskOf(Number(1), Number(2)));
    }

    private static string? Strong(Fields fields) => fields.Only("ETag") is ['"', ..] tag ? tag : null;
}
