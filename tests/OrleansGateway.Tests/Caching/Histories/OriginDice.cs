namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>What an origin has under a URL.</summary>
/// <param name="Number">Of all it ever had.</param>
/// <param name="Length">In bytes; at most 60.</param>
/// <param name="Tag">Its entity tag; none if it has none.</param>
/// <param name="Modified">When it was changed last, as the origin says it; none if it does not.</param>
internal sealed record OriginVersion(int Number, int Length, string? Tag, string? Modified);

/// <summary>Throws the answers of an origin. It is honest, as a rule: the same strong tag is never on different bytes.</summary>
internal sealed class OriginDice(Random random, HistoryClock clock)
{
    private static readonly int[] s_statuses = [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 203, 204, 299, 301, 302, 404, 404, 410, 500, 503, 599];
    private static readonly string[] s_seconds = ["0", "1", "2", "5", "10", "60", "3600", "3600", "99999999999", "\"60\"", "-1", "x", "1.5", ""];
    private static readonly string[] s_varies = ["X-Kind", "x-kind", "Accept-Language", "X-Kind, Accept-Language", "*", "X-Kind,*", "Authorization", ""];
    private static readonly string[] s_targeted =
    [
        "max-age=60", "max-age=5, stale-while-revalidate=20", "max-age=3600;x=1, x=(", "no-store", "private, max-age=60", "max-age=1, max-age=60", "MAX-AGE=60", "", "public",
        "max-age=60, must-revalidate", "no-cache",
    ];

    private readonly Dictionary<string, OriginVersion> _current = [];
    private int _versions;

    public OriginVersion CurrentOf(string target) => _current.TryGetValue(target, out var version) ? version : Change(target);

    /// <summary>A date so many seconds from now, in the form that the RFC wants.</summary>
    public string DateText(double seconds) => (clock.GetUtcNow() + TimeSpan.FromSeconds(seconds)).ToString("ddd, dd MMM yyyy HH:mm:ss 'GMT'", CultureInfo.InvariantCulture);

    public void Forget() => _current.Clear();

    public OriginVersion Change(string target)
    {
        var before = _current.GetValueOrDefault(target);
        var number = ++_versions;
        var tag = random.Next(10) switch { < 5 => $"\"v{number}\"", < 8 => $"W/\"w{number / 2}\"", _ => null };
        var modified = random.Next(10) switch { < 2 => before?.Modified, < 6 => DateText(-random.Next(1, 100_000)), _ => null };
        return _current[target] = new OriginVersion(number, random.Next(0, 60), tag, modified);
    }

    /// <summary>What the origin says; none if it breaks off.</summary>
    public HistoryAnswer? Answer(HistoryRequest request, int id, out int version)
    {
        var current = Chance(25) || request.Method is not ("GET" or "HEAD") ? Change(request.Target) : CurrentOf(request.Target);
        version = current.Number;
        if (Chance(3)) return null;
        var fields = new Fields();
        fields.Add("X-Id", id.ToString(CultureInfo.InvariantCulture));
        if (Chance(80)) fields.Add("Date", OddDate());
        if (request.Method is not ("GET" or "HEAD")) return Changed(request, fields, current);
        AddCaching(fields);
        if (IsNotModified(request, current)) return NotModified(fields, current);
        var status = s_statuses[random.Next(s_statuses.Length)];
        AddValidators(fields, current);
        if (Chance(3)) fields.Add("Set-Cookie", "a=b");
        if (Chance(4)) fields.Add("Connection", "X-Hop");
        if (Chance(8)) fields.Add("X-Hop", "hop");
        if (Chance(10)) fields.Add("Cache-Tag", random.Next(2) == 0 ? "red" : "red, blue");
        if (Chance(10)) fields.Add("Content-Language", Chance(50) ? "en" : "de");
        return status == 200 ? Whole(request, fields, current) : WithBody(request, status, fields, current);
    }

    private HistoryAnswer Changed(HistoryRequest request, Fields fields, OriginVersion current)
    {
        // The last character of a URL tells it from the others.
        if (Chance(20)) fields.Add("Location", request.Target[..^1] + random.Next(4));
        if (Chance(30)) fields.Add("Content-Location", Chance(60) ? request.Target : request.Target[..^1] + random.Next(4));
        if (Chance(50)) fields.Add("Cache-Control", "max-age=60");
        AddValidators(fields, current);
        return WithBody(request, Chance(70) ? 200 : s_statuses[random.Next(s_statuses.Length)], fields, current);
    }

    private HistoryAnswer NotModified(Fields fields, OriginVersion current)
    {
        // One that says of another what was asked of this, or says nothing.
        if (Chance(90)) AddValidators(fields, Chance(95) ? current : new OriginVersion(0, 0, "\"another\"", current.Modified));
        if (Chance(10)) fields.Add("Content-Type", "text/odd");
        return new HistoryAnswer(304, fields, []);
    }

    /// <summary>RFC 9110 §13.2.2.</summary>
    private bool IsNotModified(HistoryRequest request, OriginVersion current)
    {
        if (request.Fields.Has("If-None-Match"))
        {
            var tags = ModelSyntax.Members(request.Fields.All("If-None-Match"));
            return tags.Contains("*") || (current.Tag is { } tag && tags.Exists(one => ModelAnswer.Opaque(one) == ModelAnswer.Opaque(tag)));
        }

        return ModelSyntax.Date(current.Modified, clock.GetUtcNow()) <= ModelSyntax.Date(request.Fields.Only("If-Modified-Since"), clock.GetUtcNow());
    }

    private HistoryAnswer Whole(HistoryRequest request, Fields fields, OriginVersion current)
    {
        var condition = request.Fields.Only("If-Range");
        var (from, to) = ModelAnswer.RangeOf(request, current.Length);
        var isSame = !request.Fields.Has("If-Range") || (condition == current.Tag && condition is ['"', ..]);
        if (!request.IsGet || from > to || !isSame) return WithBody(request, 200, fields, current);
        fields.Add("Content-Range", $"bytes {from}-{to}/{current.Length}");
        var part = ModelAnswer.BodyOf(current.Number, current.Length)[from..(to + 1)];
        fields.Add("Content-Length", part.Length.ToString(CultureInfo.InvariantCulture));
        return new HistoryAnswer(206, fields, part);
    }

    private HistoryAnswer WithBody(HistoryRequest request, int status, Fields fields, OriginVersion current)
    {
        var body = ModelAnswer.BodyOf(current.Number, current.Length);
        if (status == 204) return new HistoryAnswer(204, fields, []);
        if (Chance(70)) fields.Add("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture));
        return new HistoryAnswer(status, fields, request.IsHead ? [] : body);
    }

    private static void AddValidators(Fields fields, OriginVersion current)
    {
        if (current.Tag is { } tag) fields.Add("ETag", tag);
        if (current.Modified is { } modified) fields.Add("Last-Modified", modified);
    }

    private void AddCaching(Fields fields)
    {
        if (Chance(70)) AddDirectives(fields, "Cache-Control");
        if (Chance(15)) AddDirectives(fields, "Cache-Control");
        if (Chance(6)) fields.Add("CDN-Cache-Control", Of(s_targeted));
        if (Chance(2)) fields.Add("Gateway-Cache-Control", Of(s_targeted));
        if (Chance(15)) fields.Add("Expires", OddExpiry());
        if (Chance(2)) fields.Add("Expires", OddExpiry());
        if (Chance(12)) fields.Add("Age", OddAge());
        if (Chance(2)) fields.Add("Age", "3");
        if (Chance(22)) fields.Add("Vary", Of(s_varies));
        if (Chance(2)) fields.Add("Vary", Of(s_varies));
    }

    private void AddDirectives(Fields fields, string name) => fields.Add(name, string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(24) switch
    {
        < 8 => (Chance(90) ? "max-age=" : "Max-Age=") + Of(s_seconds),
        8 or 9 => "s-maxage=" + Of(s_seconds),
        10 => "public",
        11 => "private",
        12 => "no-store",
        13 => "no-cache",
        14 => "must-revalidate",
        15 => "proxy-revalidate",
        16 => "must-understand",
        17 or 18 => "stale-while-revalidate=" + Of(s_seconds),
        19 or 20 => "stale-if-error=" + Of(s_seconds),
        21 => "x=\"max-age=3600, public\"",
        22 => "no-cache=\"Set-Cookie\"",
        _ => "private=\"X-Hop\"",
    })));

    private string OddDate() =>
        random.Next(20) switch { 0 => "never", 1 => DateText(3600), 2 => DateText(-3600), 3 => DateText(-5), 4 => DateText(5), 5 => "0", _ => DateText(0) };

    private string OddAge() => random.Next(8) switch
    {
        0 => "x",
        1 => "5, 10",
        2 => "-1",
        3 => "99999999999",
        4 => "1.5",
        5 => "",
        _ => random.Next(0, 70).ToString(CultureInfo.InvariantCulture),
    };

    private string OddExpiry()
    {
        var date = clock.GetUtcNow() + TimeSpan.FromSeconds(random.Next(-100, 4000));
        return random.Next(12) switch
        {
            0 => "0",
            1 => "-1",
            2 => "Thu, 18 Aug 2050 02:01:18",
            3 => "Thu, 32 Aug 2050 02:01:18 GMT",
            4 => date.ToString("dddd, dd-MMM-yy HH:mm:ss 'GMT'", CultureInfo.InvariantCulture),
            5 => date.ToString("ddd MMM ", CultureInfo.InvariantCulture) + $"{date.Day,2}" + date.ToString(" HH:mm:ss yyyy", CultureInfo.InvariantCulture),
            6 => "Thu,18 Aug 2050 02:01:18 GMT",
            7 => "Thursday, 18-Aug-99 02:01:18 GMT",
            _ => DateText(random.Next(-100, 4000)),
        };
    }

    private bool Chance(int percent) => random.Next(100) < percent;

    private string Of(string[] some) => some[random.Next(some.Length)];
}
