using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Limits;

/// <summary>Which requests a rule applies to, or whose account an override is for; compiled.</summary>
internal sealed class RuleMatch
{
    private readonly NamePatterns? _tenants;
    private readonly NamePatterns? _teams;
    private readonly NamePatterns? _users;
    private readonly NamePatterns? _keys;
    private readonly NamePatterns? _models;
    private readonly NamePatterns? _routes;
    private readonly NamePatterns? _providers;
    private readonly NamePatterns? _methods;
    private readonly KeyValuePair<string, NamePatterns>[] _headers;
    private readonly KeyValuePair<string, NamePatterns>[] _tags;

    public RuleMatch(RuleMatchSettings settings)
    {
        (_tenants, _teams, _users) = (Of(settings.Tenants), Of(settings.Teams), Of(settings.Users));
        (_keys, _models, _routes) = (Of(settings.Keys), Of(settings.Models), Of(settings.Routes));
        (_providers, _methods) = (Of(settings.Providers), Of(settings.Methods));
        _headers = [.. settings.Headers.Select(h => KeyValuePair.Create(h.Key.ToLowerInvariant(), new NamePatterns([h.Value])))];
        _tags = [.. settings.Tags.Select(t => KeyValuePair.Create(t.Key, new NamePatterns([t.Value])))];
    }

    /// <summary>Whether it can only be told once the body has been read.</summary>
    public bool NeedsModel => _models is not null;

    /// <summary>Whether it can only be told once it is known where the request goes.</summary>
    public bool NeedsTarget => _providers is not null;

    /// <summary>Whether it goes by what differs from request to request of one caller.</summary>
    public bool IsOfRequest => _methods is not null || _headers.Length > 0;

    /// <summary>Whether all that is the same for the requests of a caller on a route for a model fits.</summary>
    public bool Takes(in RuleSubject subject)
    {
        if (!Has(_routes, subject.Route.Id) || !Has(_models, subject.Model?.Name) || !Has(_providers, subject.Provider?.Id)) return false;
        if (!Has(_tenants, subject.Caller?.Tenant) || !Has(_teams, subject.Caller?.Team) || !Has(_users, subject.Caller?.User)) return false;
        if (!Has(_keys, subject.Key)) return false;
        foreach (var (name, value) in _tags)
        {
            if (!Has(value, subject.Caller?.Metadata.GetValueOrDefault(name))) return false;
        }

        return true;
    }

    /// <summary>Whether the rest fits.</summary>
    public bool TakesRequest(Exchange exchange)
    {
        var request = exchange.Http.Request;
        if (!Has(_methods, request.Method)) return false;
        foreach (var (name, value) in _headers)
        {
            if (!request.Headers.TryGetValue(name, out var given) || !Has(value, given.ToString())) return false;
        }

        return true;
    }

    /// <summary>Whether an account with these values is meant. Only what names the account is looked at: an override may ask for nothing else.</summary>
    public bool TakesAccount(RulePart[] parts, string[] values)
    {
        for (var i = 0; i < parts.Length; i++)
        {
            if (!Has(Asked(parts[i]), values[i])) return false;
        }

        return true;
    }

    private NamePatterns? Asked(RulePart part) => part.Kind switch
    {
        RulePartKind.Tenant => _tenants,
        RulePartKind.Team => _teams,
        RulePartKind.User => _users,
        RulePartKind.Key => _keys,
        RulePartKind.Route => _routes,
        RulePartKind.Model => _models,
        RulePartKind.Provider => _providers,
        RulePartKind.Header => Array.Find(_headers, h => h.Key == part.Name).Value,
        RulePartKind.Tag => Array.Find(_tags, t => t.Key == part.Name).Value,
        _ => null,
    };

    private static NamePatterns? Of(IReadOnlyList<string> names) => names.Count == 0 ? null : new NamePatterns(names);

    private static bool Has(NamePatterns? patterns, string? name) => patterns is null || name is not null && patterns.Matches(name);
}

/// <summary>What is the same for many requests: who calls, on which route, for which model, and where it goes.</summary>
/// <param name="Caller">None if nobody has said who it is.</param>
/// <param name="Route">Always known.</param>
/// <param name="Model">None before the body is read, and where there is none.</param>
/// <param name="Provider">None before the target is chosen, and where there is none.</param>
internal readonly record struct RuleSubject(Caller? Caller, Route Route, Model? Model, Provider? Provider)
{
    public string? Key => Caller?.CountedAs;
}
