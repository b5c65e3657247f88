using System.Text.Json;
using OrleansGateway.Configuration;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>What a message selects, by the rules of its source or by itself.</summary>
internal sealed record EventSelection
{
    public Rejection? Rejected { get; private init; }

    public string? Nothing { get; private init; }

    public IReadOnlyList<Selector> Selectors { get; private init; } = [];

    public InvalidationMode? Mode { get; private init; }

    /// <summary>That what it carries names.</summary>
    public string? Tenant { get; private init; }

    public string? Id { get; private init; }

    public DateTimeOffset? At { get; private init; }

    /// <summary>By all rules that are for its type. Hard if one of them is.</summary>
    public static EventSelection ByRules(EventSource source, IncomingMessage message, Func<string, string?> fact)
    {
        var rules = source.Rules.Where(rule => rule.IsFor(message.Types)).ToArray();
        if (rules.Length == 0) return new EventSelection { Nothing = message.Types.Count == 0 ? "It has no type that a rule is for." : $"No rule is for {string.Join(", ", message.Types)}." };
        var (fields, missing) = (new SelectorFields(), new List<string>());
        foreach (var rule in rules)
        {
            if (rule.Settings.All) fields.Add(Selector.All, "all", "");
            foreach (var (kind, template, text) in rule.Templates)
            {
                // A message may carry nothing, and templates may go by what stands around it.
                IReadOnlyList<JsonElement> carried = message.Carried.Count == 0 ? [default] : message.Carried;
                var values = carried.SelectMany(c => template.Expand(c, fact, SelectorFields.Max + 1)).Distinct(StringComparer.Ordinal).ToArray();
                if (values.Length == 0) missing.Add(text);
                foreach (var value in values) Add(fields, kind, value, text);
            }
        }

        if (fields.Rejection is { } rejection) return new EventSelection { Rejected = rejection };
        // One rule may have found all it needs; but where none did, the message is not what the rules were written for.
        if (fields.Selectors.Count == 0)
            return new EventSelection { Rejected = new Rejection("no_value", $"A rule is for it, and it carries nothing at {string.Join(", ", missing.Distinct().Take(5))}.") };
        var mode = message.Mode ?? ModeOf(source.Settings.Mode);
        return new EventSelection
        {
            Selectors = fields.Selectors,
            Mode = rules.Any(rule => (rule.Settings.Mode is { } own ? ModeOf(own) : mode) == InvalidationMode.Hard) ? InvalidationMode.Hard : InvalidationMode.Soft,
        };
    }

    /// <summary>As the message says, or what it carries, read as a plain one.</summary>
    public static EventSelection OfItself(IncomingMessage message)
    {
        if (message.Selectors is { Count: > 0 } own) return new EventSelection { Selectors = own };
        if (message.Selectors is not null || message.Carried is not [{ ValueKind: JsonValueKind.Object } carried])
            return new EventSelection { Rejected = Rejection.Shape("It selects nothing: tags, urls, prefixes, hosts, groups or all are missing, and its source has no rules.") };
        var inner = PlainMessages.Read(carried);
        if (inner.Rejected is { } rejection) return new EventSelection { Rejected = rejection };
        return inner.Selectors is { Count: > 0 } selectors
            ? new EventSelection { Selectors = selectors, Mode = inner.Mode, Tenant = inner.Tenant, Id = inner.Id, At = inner.At }
            : new EventSelection { Rejected = Rejection.Shape("What it carries selects nothing: tags, urls, prefixes, hosts, groups or all are missing, and its source has no rules.") };
    }

    private static InvalidationMode ModeOf(PurgeMode mode) => mode == PurgeMode.Soft ? InvalidationMode.Soft : InvalidationMode.Hard;

    private static void Add(SelectorFields fields, SelectorKind kind, string value, string path)
    {
        switch (kind)
        {
            case SelectorKind.Tag: fields.AddTag(value, path); break;
            case SelectorKind.Url: fields.AddUrl(value, path); break;
            case SelectorKind.Prefix: fields.AddPrefix(value, path); break;
            default: fields.AddHost(value, path); break;
        }
    }
}
