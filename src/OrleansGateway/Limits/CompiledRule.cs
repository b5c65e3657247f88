using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>When it is known whether a rule applies, and how much a request takes of it.</summary>
internal enum RulePhase
{
    /// <summary>Once the caller and the route are known: before the body is read.</summary>
    Before,

    /// <summary>Once the model is known, and how much the request needs at most.</summary>
    After,

    /// <summary>Once it is known where the request goes: with each attempt.</summary>
    Target,
}

/// <summary>One rate limit or budget, compiled: to whom it applies, which account each has, and what that is like.</summary>
internal sealed class CompiledRule
{
    private readonly RuleMatch _match;
    private readonly bool[] _mustBeThere;
    private readonly (RuleMatch Match, AccountSpec? Spec)[] _overrides;
    private readonly AccountSpec? _spec;
    private readonly AccountSpec? _sharedSpec;
    private readonly string _ownOwner;

    private CompiledRule(string id, IReadOnlyList<string> per, RuleMatchSettings match, AccountSpec? spec, IEnumerable<(RuleMatchSettings Match, AccountSpec? Spec)> overrides)
    {
        (Id, _ownOwner) = (id, $"rule:{id}");
        var stated = per.Select(p => RulePart.TryParse(p, out var part) ? part : throw new ArgumentException($"'{p}' names no part.", nameof(per))).ToHashSet();
        Parts = RulePart.Whole(stated);
        _mustBeThere = [.. Parts.Select(p => p.Kind is not (RulePartKind.Ip or RulePartKind.Header or RulePartKind.Tag) && stated.Contains(p))];
        _match = new RuleMatch(match);
        (_spec, _overrides) = (spec, [.. overrides.Select(o => (new RuleMatch(o.Match), o.Spec))]);
        // One object for all time: owners see by it that nothing has changed.
        _sharedSpec = spec is null ? null : spec with { AccountsMax = int.MaxValue };
        IsOfTenant = Parts is [{ Kind: RulePartKind.Tenant }, ..];
        IsOfRequest = _match.IsOfRequest || Array.Exists(Parts, p => p.IsOfRequest);
        NeedsTarget = _match.NeedsTarget || Array.Exists(Parts, p => p.Kind == RulePartKind.Provider);
        NeedsModel = _match.NeedsModel || Array.Exists(Parts, p => p.Kind == RulePartKind.Model);
    }

    /// <summary>Its path in the configuration, such as <c>rate_limits.per-key</c>: the name of the rule in its accounts.</summary>
    public string Id { get; }

    /// <summary>What names an account.</summary>
    public RulePart[] Parts { get; }

    public RulePhase Phase => NeedsTarget ? RulePhase.Target : NeedsModel || NeedsWorstCase ? RulePhase.After : RulePhase.Before;

    /// <summary>As stated; none for a budget.</summary>
    public RateLimitSettings? RateLimit { get; private init; }

    /// <summary>As stated; none for a rate limit.</summary>
    public BudgetSettings? Budget { get; private init; }

    /// <summary>Of a soft budget: what is spent beyond its limit, as a rule whose accounts have the same scopes; none for others.</summary>
    public CompiledRule? Beyond { get; private init; }

    /// <summary>What becomes of a request that does not fit now.</summary>
    public OnLimit OnLimit { get; private init; }

    /// <summary>What becomes of requests while nobody can say what is left.</summary>
    public OnUnavailable OnUnavailable { get; private init; }

    /// <summary>What becomes of those that would need one account more than there may be.</summary>
    public BeyondAccounts WhenFull { get; private init; }

    /// <summary>Whether its accounts go by what differs from request to request of one caller.</summary>
    public bool IsOfRequest { get; }

    /// <summary>Whether it must be known how much the request needs at most: tokens, or money.</summary>
    public bool NeedsWorstCase { get; private init; }

    /// <summary>Whether each of its accounts is some tenant's.</summary>
    public bool IsOfTenant { get; }

    private bool NeedsModel { get; }
    private bool NeedsTarget { get; }

    /// <summary>A rate limit, as it is at an instant.</summary>
    public static CompiledRule Of(string id, RateLimitSettings settings, DateTimeOffset now)
    {
        var specs = new RateLimitSpecs(settings, now);
        var overrides = settings.Overrides.Select(o => (o.Match, specs.Of(o.Limit!.Value, o.Burst)));
        return new CompiledRule($"rate_limits.{id}", settings.Per, settings.Match, specs.Of(settings.Limit!.Value, settings.Burst), overrides)
        {
            RateLimit = settings,
            OnLimit = settings.OnLimit ?? (settings.Algorithm == RateLimitAlgorithm.LeakyBucket ? OnLimit.Shape : OnLimit.Reject),
            OnUnavailable = settings.OnUnavailable ?? (settings.Per.Contains("ip") ? OnUnavailable.Open : OnUnavailable.Closed),
            WhenFull = settings.Beyond,
            NeedsWorstCase = settings.Count is not (RateLimitCount.Requests or RateLimitCount.Concurrency),
        };
    }

    public static CompiledRule Of(string id, BudgetSettings settings)
    {
        var specs = new BudgetSpecs(settings);
        var beyond = settings.Mode == BudgetMode.Soft ? Of($"budgets.{id}+beyond", settings, specs.BeyondOf, beyond: null) : null;
        return Of($"budgets.{id}", settings, specs.Of, beyond);
    }

    /// <summary>Whether the rule applies to all such requests, or may to some of them.</summary>
    public bool Takes(in RuleSubject subject)
    {
        // Only model calls have tokens and cost money.
        if (NeedsWorstCase && subject.Model is null) return false;
        for (var i = 0; i < Parts.Length; i++)
        {
            if (_mustBeThere[i] && ValueOf(Parts[i], subject, exchange: null) is null) return false;
        }

        return _match.Takes(subject);
    }

    /// <summary>Whether it applies to this request, of those it may.</summary>
    public bool TakesRequest(Exchange exchange) => _match.TakesRequest(exchange);

    /// <summary>Whose account it is: the values of its parts.</summary>
    public string ScopeOf(in RuleSubject subject, Exchange exchange)
    {
        if (Parts.Length == 0) return "";
        var values = new string?[Parts.Length];
        for (var i = 0; i < values.Length; i++) values[i] = ValueOf(Parts[i], subject, exchange);
        return ScopeText.Join(values);
    }

    /// <summary>The account that those share for whom there is none left: one for each tenant, where accounts are of tenants.</summary>
    public string SharedScopeOf(in RuleSubject subject) =>
        IsOfTenant && Parts.Length > 1 ? $"{ScopeText.Join([subject.Caller?.Tenant])}/{ScopeText.Shared}" : ScopeText.Shared;

    /// <summary>What an account is like, by its scope alone; none if it has no bound, or can be none of this rule.</summary>
    public AccountSpec? SpecOf(string scope)
    {
        if (Parts.Length == 0) return scope.Length == 0 ? _spec : null;
        if (ScopeText.IsShared(scope)) return _sharedSpec;
        // Asked with each request where accounts are of addresses or headers.
        if (_overrides.Length == 0) return ScopeText.Count(scope) == Parts.Length ? _spec : null;
        var values = ScopeText.Split(scope);
        if (values.Length != Parts.Length) return null;
        foreach (var (match, spec) in _overrides)
        {
            if (match.TakesAccount(Parts, values)) return spec;
        }

        return _spec;
    }

    /// <summary>Who has the account: its tenant, or the rule where it is nobody's.</summary>
    public string OwnerOf(string scope) => IsOfTenant && scope != ScopeText.Shared ? $"tenant:{ScopeText.First(scope)}" : _ownOwner;

    private static CompiledRule Of(string id, BudgetSettings settings, Func<Quantity, AccountSpec?> specOf, CompiledRule? beyond)
    {
        var overrides = settings.Overrides.Select(o => (o.Match, specOf(o.Limit!.Value)));
        return new CompiledRule(id, settings.Per, settings.Match, specOf(settings.Limit!.Value), overrides)
        {
            Budget = settings,
            Beyond = beyond,
            OnUnavailable = settings.OnUnavailable,
            WhenFull = BeyondAccounts.Refuse,
            NeedsWorstCase = true,
        };
    }

    private string? ValueOf(RulePart part, in RuleSubject subject, Exchange? exchange) => part.Kind switch
    {
        RulePartKind.Tenant => subject.Caller?.Tenant,
        RulePartKind.Team => subject.Caller?.Team,
        RulePartKind.User => subject.Caller?.User,
        RulePartKind.Key => subject.Key,
        RulePartKind.Route => subject.Route.Id,
        RulePartKind.Model => subject.Model?.Name,
        RulePartKind.Provider => subject.Provider?.Id,
        RulePartKind.Tag => subject.Caller?.Metadata.GetValueOrDefault(part.Name),
        RulePartKind.Header => exchange?.Http.Request.Headers[part.Name].ToString(),
        _ => AddressText.Of(exchange?.ClientAddress, RateLimit?.Ipv4Prefix ?? 32, RateLimit?.Ipv6Prefix ?? 64),
    };
}
