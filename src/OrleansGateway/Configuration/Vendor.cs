using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace OrleansGateway.Configuration;

/// <summary>One vendor's part of the price book. Its models are compiled when they are first asked for.</summary>
internal sealed partial class Vendor
{
    private readonly Dictionary<string, ListedModelSettings> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly (string Pattern, ListedModelSettings Model)[] _patterns;
    private readonly ConcurrentDictionary<ListedModelSettings, PriceTimeline> _timelines = new(ReferenceEqualityComparer.Instance);

    public Vendor(VendorSettings settings)
    {
        Settings = settings;
        var patterns = new List<(string Pattern, ListedModelSettings Model)>();
        foreach (var (id, model) in settings.Models)
        {
            foreach (var name in model.Names.Prepend(id))
            {
                if (name.Contains('*', StringComparison.Ordinal)) patterns.Add((name, model));
                else _byName.TryAdd(name, model);
            }
        }

        _patterns = [.. patterns.OrderByDescending(p => p.Pattern.Length)];
    }

    public VendorSettings Settings { get; }

    /// <summary>What records call its prices.</summary>
    public string Version => $"{Settings.Vendor}@{Settings.Version}";

    /// <summary>Whether a host is one of its API's.</summary>
    public bool IsHost(string host) => Settings.Hosts.Any(h => h.Split('*') is [var start, var end]
        ? host.Length >= start.Length + end.Length && host.StartsWith(start, StringComparison.OrdinalIgnoreCase) && host.EndsWith(end, StringComparison.OrdinalIgnoreCase)
        : host.Equals(h, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// What a model costs: the one of this name; of this name without the date of its snapshot; of the longest pattern that matches. None if there is none. The name of a
    /// longer model is not taken for a shorter one's: <c>gpt-5-pro</c> is not <c>gpt-5</c>. Capitals do not count: vendors of open models take either.
    /// </summary>
    public PriceTimeline? Find(string model)
    {
        var found = _byName.GetValueOrDefault(model) ?? _byName.GetValueOrDefault(Snapshot().Replace(model, "")) ?? Array.Find(_patterns, p => Matches(p.Pattern, model)).Model;
        return found is null ? null : _timelines.GetOrAdd(found, Compile);
    }

    /// <summary>All models, by the name they are listed under.</summary>
    public IEnumerable<(string Model, PriceTimeline Prices)> All => Settings.Models.Select(m => (m.Key, _timelines.GetOrAdd(m.Value, Compile)));

    private PriceTimeline Compile(ListedModelSettings model)
    {
        var changes = model.Changes.Select(c => (From: InstantOf(c.Key), c.Value)).OrderBy(c => c.From);
        return new PriceTimeline([(DateTimeOffset.MinValue, Of(model.Price!)), .. changes.Select(c => (c.From, Of(c.Value)))]);

        Price Of(PriceSettings stated) => new(Completed(stated), Version);
    }

    private PriceSettings Completed(PriceSettings stated)
    {
        var own = stated.ServiceTiers;
        return stated with
        {
            WebSearch = stated.WebSearch ?? Settings.WebSearch,
            ServiceTiers = Settings.ServiceTiers.Where(t => !own.ContainsKey(t.Key)).Concat(own).ToDictionary(t => t.Key, t => t.Value),
        };
    }

    /// <summary>The instant that a day of the book begins.</summary>
    public static DateTimeOffset InstantOf(string day) =>
        DateTimeOffset.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static bool Matches(string pattern, string model)
    {
        var middle = pattern.AsSpan().Trim('*');
        return (pattern[0] == '*', pattern[^1] == '*') switch
        {
            (true, true) => model.AsSpan().IndexOf(middle, StringComparison.OrdinalIgnoreCase) >= 0,
            (true, false) => model.AsSpan().EndsWith(middle, StringComparison.OrdinalIgnoreCase),
            _ => model.AsSpan().StartsWith(middle, StringComparison.OrdinalIgnoreCase),
        };
    }

    // gpt-4o-2024-08-06, claude-sonnet-4-5-20250929, claude-sonnet-4-5@20250929, gemini-2.0-flash-001.
    [GeneratedRegex("(-[0-9]{4}-[0-9]{2}-[0-9]{2}|[-@][0-9]{8}|-00[0-9])$")]
    private static partial Regex Snapshot();
}
