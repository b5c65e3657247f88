using OrleansGateway.Configuration;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>A source of the configuration, compiled: whoever sends its messages speaks for its tenants, and for no others.</summary>
internal sealed class EventSource
{
    private readonly NamePatterns _tenants;

    public EventSource(string name, InvalidationSourceSettings settings)
    {
        (Name, Settings) = (name, settings);
        _tenants = new NamePatterns(settings.Tenants);
        Tenant = Compiled(settings.Tenant);
        EventId = Compiled(settings.EventId);
        Rules = [.. settings.Rules.Select(static rule => new EventRule(rule))];
    }

    public string Name { get; }

    public InvalidationSourceSettings Settings { get; }

    public EventTemplate? Tenant { get; }

    public EventTemplate? EventId { get; }

    public IReadOnlyList<EventRule> Rules { get; }

    /// <summary>The tenant of a message that names none; none if it must name one.</summary>
    public string? TenantOfThoseThatNameNone => MaySpeakForAll ? Mapping.AllTenants : Settings.Tenants is [var only] && !only.EndsWith('*') ? only : null;

    private bool MaySpeakForAll => Settings.Tenants.Contains("*", StringComparer.Ordinal);

    public bool MaySpeakFor(string tenant) => tenant == Mapping.AllTenants ? MaySpeakForAll : _tenants.Matches(tenant);

    public static EventTemplate? Compiled(string? text) => text is null ? null : EventTemplate.Parse(text).Template;
}

/// <summary>A rule of a source, compiled.</summary>
internal sealed class EventRule(InvalidationRuleSettings settings)
{
    private readonly NamePatterns _types = new(settings.Types);
    private readonly bool _matchesAll = settings.Types.Contains("*", StringComparer.Ordinal);

    public InvalidationRuleSettings Settings => settings;

    /// <summary>Each template, what it is of, and as it is written.</summary>
    public IReadOnlyList<(SelectorKind Kind, EventTemplate Template, string Text)> Templates { get; } =
    [
        .. Of(SelectorKind.Tag, settings.Tags), .. Of(SelectorKind.Url, settings.Urls), .. Of(SelectorKind.Prefix, settings.Prefixes), .. Of(SelectorKind.Host, settings.Hosts),
    ];

    public bool IsFor(IReadOnlyList<string> types) => _matchesAll || types.Any(_types.Matches);

    private static IEnumerable<(SelectorKind, EventTemplate, string)> Of(SelectorKind kind, IReadOnlyList<string> texts) => texts.Select(text => (kind, EventSource.Compiled(text)!, text));
}
