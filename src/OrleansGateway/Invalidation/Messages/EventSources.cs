using System.Collections.Frozen;
using OrleansGateway.Configuration;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>The sources of the configuration in force, compiled once for each.</summary>
internal sealed class EventSources(Func<Snapshot> current)
{
    private volatile Compiled? _compiled;

    /// <summary>None if the configuration states no source of that name.</summary>
    public EventSource? Find(string name)
    {
        var settings = current().Settings.Invalidation;
        var compiled = _compiled;
        if (compiled is null || !ReferenceEquals(compiled.Of, settings))
        {
            compiled = new Compiled(settings, settings.Sources.Select(s => new EventSource(s.Key, s.Value)).ToFrozenDictionary(s => s.Name, StringComparer.Ordinal));
            _compiled = compiled;
        }

        return compiled.Sources.GetValueOrDefault(name);
    }

    private sealed record Compiled(InvalidationSettings Of, FrozenDictionary<string, EventSource> Sources);
}
