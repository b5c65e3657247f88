using OrleansGateway.Caching.Reading;

namespace OrleansGateway.Cli;

/// <summary>Prints for people what the cache would make of a request.</summary>
internal static class CacheExplanationPrinter
{
    public static void Print(TextWriter output, CacheExplanationDocument found)
    {
        Line(output, "Verdict", $"{found.Verdict}: {found.Reason}");
        Line(output, "Route", found.Route);
        Line(output, "Upstream", found.Upstream);
        if (found.Key is not { } key) return;
        Line(output, "Shared by", key.SharedBy);
        Line(output, "Key", $"{key.Scheme}://{key.Host}{key.Target} > {key.UpstreamHost ?? found.Upstream}{key.UpstreamTarget}");
        for (var i = 0; i < found.Entries.Count; i++) Print(output, found.Entries[i], i + 1);
        if (found.LastNotStored is { } decision) Line(output, "Not stored", $"{decision.Why} (status {decision.Status}) at {KeyPrinter.At(decision.At)}");
        if (found.LastPurge is { } purge) Line(output, "Last purge", TextOf(purge));
    }

    private static void Print(TextWriter output, CacheEntryDocument entry, int number)
    {
        var freshness = entry.Ttl > 0 ? $"fresh for {entry.Ttl} s" : $"stale since {-entry.Ttl} s";
        Line(output, $"Entry {number}", $"{(entry.Matches ? "for this request" : "for other requests")}, {PlaceOf(entry.Level)}, status {entry.Status}, {entry.Bytes} bytes{(entry.Part is null ? "" : " (part " + entry.Part + ")")}, {entry.Standing}");
        Line(output, "  Age", $"{entry.Age} s of {entry.Lifetime} s, {freshness}{(entry.MustRevalidate ? ", must be confirmed each time" : "")}");
        if (entry.StaleWhileRevalidate > 0 || entry.StaleIfError > 0) Line(output, "  Stale", $"{entry.StaleWhileRevalidate} s while it is refreshed, {entry.StaleIfError} s if the upstream fails");
        Line(output, "  ETag", entry.EntityTag);
        foreach (var vary in entry.Vary) Line(output, "  Vary", $"{vary.Field}: stored for {Quoted(vary.Stored)}, asked with {Quoted(vary.Now)}");
        Line(output, "  Selected by", string.Join(", ", entry.SelectedBy));
        Line(output, "  Sequence", entry.Sequence.ToString(CultureInfo.InvariantCulture));
        if (entry.PurgedBy is { } purge) Line(output, "  Purged by", TextOf(purge));
    }

    private static string PlaceOf(string level) => level switch { "disk" => "on disk", "second_level" => "in the second level", _ => "in memory" };

    private static string TextOf(CachePurgeDocument purge) =>
        $"{purge.Selector} ({purge.Mode}), number {purge.Sequence}{(purge.Source is null ? "" : ", by " + purge.Source)}, at {KeyPrinter.At(purge.At)}";

    private static string Quoted(string? text) => text is null ? "none" : $"'{text}'";

    // What clients and upstreams have sent must not steer a terminal.
    private static void Line(TextWriter output, string name, string? text)
    {
        if (text is not null) output.WriteLine($"{name + ":",-14} {string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c))}");
    }
}
