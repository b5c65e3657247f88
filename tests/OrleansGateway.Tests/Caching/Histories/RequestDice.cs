namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>Throws requests.</summary>
internal sealed class RequestDice(Random random, OriginDice origin)
{
    private static readonly string[] s_seconds = ["0", "1", "2", "5", "10", "60", "3600", "99999999999", "\"5\"", "-1", "x", "1.5"];
    private static readonly string[] s_kinds = ["a", "b", "a, b", "a,b", "\"a, b\"", "\"a,b\"", "A", ""];
    private static readonly string[] s_languages = ["en", "de", "en, de", "de, en", "en;q=0.5, de", "de;q=1.0,en;q=0.5", "en;q=0, de;q=0", "EN"];

    public HistoryRequest Next(IReadOnlyList<string> targets)
    {
        var target = targets[random.Next(targets.Count)];
        var method = random.Next(100) switch { < 84 => "GET", < 90 => "HEAD", < 93 => "POST", < 95 => "PUT", < 97 => "DELETE", < 98 => "PATCH", _ => "OPTIONS" };
        var fields = new Fields();
        if (Chance(30)) AddDirectives(fields);
        if (Chance(3)) fields.Add("Pragma", "no-cache");
        if (Chance(4)) fields.Add("Authorization", "Basic " + random.Next(2));
        if (Chance(40)) fields.Add("X-Kind", Of(s_kinds));
        if (Chance(5)) fields.Add("X-Kind", Of(s_kinds));
        if (Chance(40)) fields.Add("Accept-Language", Of(s_languages));
        if (method is "GET" or "HEAD") AddConditions(fields, target);
        return new HistoryRequest(method, target, fields);
    }

    private void AddConditions(Fields fields, string target)
    {
        var now = origin.CurrentOf(target);
        if (Chance(12)) fields.Add("If-None-Match", OddTag(now.Tag));
        if (Chance(8)) fields.Add("If-Modified-Since", OddDate(now.Modified));
        if (Chance(1)) fields.Add("If-Match", now.Tag ?? "*");
        if (!Chance(14)) return;
        var (first, last) = (random.Next(40), random.Next(40));
        fields.Add("Range", random.Next(8) switch
        {
            0 => $"bytes=-{last}",
            1 => $"bytes={first}-",
            2 => $"bytes=0-{last}, 50-",
            3 => $"bytes={first + 60}-",
            _ => $"bytes={Math.Min(first, last)}-{Math.Max(first, last)}",
        });
        if (Chance(30)) fields.Add("If-Range", random.Next(4) switch { 0 => "\"other\"", 1 => now.Modified ?? "\"x\"", _ => now.Tag ?? now.Modified ?? "\"x\"" });
    }

    private string OddTag(string? tag) => random.Next(6) switch
    {
        0 => "*",
        1 => "\"other\", W/\"more,\" , " + (tag ?? "\"x\""),
        2 => "\"other\"",
        3 => tag?.Replace("W/", "", StringComparison.Ordinal) ?? "x",
        _ => tag ?? "\"v0\"",
    };

    private string OddDate(string? modified) => random.Next(4) switch
    {
        0 => "yesterday",
        1 => origin.DateText(random.Next(-90_000, 90_000)),
        _ => modified ?? origin.DateText(-7200),
    };

    private void AddDirectives(Fields fields)
    {
        var lines = random.Next(1, 3);
        for (var i = 0; i < lines; i++)
        {
            fields.Add("Cache-Control", string.Join(Chance(50) ? ", " : " ,", Enumerable.Range(0, random.Next(1, 3)).Select(_ => random.Next(14) switch
            {
                0 or 1 => "max-age=" + Of(s_seconds),
                2 or 3 => "min-fresh=" + Of(s_seconds),
                4 or 5 => "max-stale=" + Of(s_seconds),
                6 => "max-stale",
                7 => "no-cache",
                8 => "no-store",
                9 => "only-if-cached",
                10 => "Max-Age=" + Of(s_seconds),
                11 => "no-transform",
                12 => "x=\"no-cache, max-age=0",
                _ => "x=\"no-store\", y",
            })));
        }
    }

    private bool Chance(int percent) => random.Next(100) < percent;

    private string Of(string[] some) => some[random.Next(some.Length)];
}
