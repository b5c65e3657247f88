using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Models;

namespace OrleansGateway.Limits;

/// <summary>The accounts that a request takes from.</summary>
/// <param name="Accounts">All of them.</param>
/// <param name="Full">A rule that applies but has no account left for this request, which is to be refused then; none if all have.</param>
internal readonly record struct Applying(ReadOnlyMemory<Account> Accounts, CompiledRule? Full = null);

/// <summary>
/// All rate limits and budgets of a configuration, and which accounts a request has. What depends on the caller, the route and the model is remembered; what
/// depends on the request alone (addresses, headers) is looked up by its value. Thread-safe.
/// </summary>
internal sealed class RuleTable
{
    // Stands for who has shown nothing.
    private static readonly Caller Nobody = new() { KeyId = "", Tenant = "", Models = new NamePatterns([]), Routes = new NamePatterns([]) };

    private readonly IAdmissions _admissions;
    private readonly CompiledRule[][] _phases;
    private readonly FrozenDictionary<string, CompiledRule> _byId;
    private readonly ConditionalWeakTable<Caller, ConcurrentDictionary<Place, Found>> _known = [];

    public RuleTable(GatewaySettings settings, IAdmissions admissions, DateTimeOffset now)
    {
        _admissions = admissions;
        CompiledRule[] all =
        [
            .. settings.RateLimits.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => CompiledRule.Of(r.Key, r.Value, now)),
            .. settings.Budgets.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => CompiledRule.Of(b.Key, b.Value)),
        ];
        _phases = [.. Enum.GetValues<RulePhase>().Select(phase => all.Where(r => r.Phase == phase).ToArray())];
        _byId = all.Concat(all.Select(r => r.Beyond).OfType<CompiledRule>()).ToFrozenDictionary(r => r.Id, StringComparer.Ordinal);
        ValidUntil = settings.RateLimits.Values.Select(r => RateLimitSpecs.NextChange(r, now)).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        Rules = all;
    }

    /// <summary>All rules: rate limits, then budgets, by id.</summary>
    public IReadOnlyList<CompiledRule> Rules { get; }

    /// <summary>When a boost begins or ends: limits are others from then on.</summary>
    public DateTimeOffset ValidUntil { get; }

    /// <summary>Accounts that are known before the body is read. Route and caller are known.</summary>
    public Applying Before(Exchange exchange) => Of(RulePhase.Before, exchange, new RuleSubject(exchange.Caller, exchange.Route!, null, null));

    /// <summary>
    /// Accounts that are known once the model is: those of models, and those of tokens and money, which need the call's worst case. None for what is no model
    /// call.
    /// </summary>
    public Applying After(Exchange exchange) =>
        Of(RulePhase.After, exchange, new RuleSubject(exchange.Caller, exchange.Route!, (exchange.Call as ModelCall)?.Entry, null));

    /// <summary>Accounts of one attempt, at the provider it goes to: its own hold.</summary>
    public Applying ForTarget(Exchange exchange, Provider provider) =>
        Of(RulePhase.Target, exchange, new RuleSubject(exchange.Caller, exchange.Route!, (exchange.Call as ModelCall)?.Entry, provider));

    /// <summary>Accounts that a call may take from, whichever of the model's providers it goes to.</summary>
    public IEnumerable<Account> All(Exchange exchange, Model? model)
    {
        var found = new List<Applying>
        {
            Of(RulePhase.Before, exchange, new RuleSubject(exchange.Caller, exchange.Route!, null, null)),
            Of(RulePhase.After, exchange, new RuleSubject(exchange.Caller, exchange.Route!, model, null)),
        };
        foreach (var target in model is null ? [] : model.Targets.Concat(model.Fallbacks).DistinctBy(t => t.Provider.Id))
            found.Add(Of(RulePhase.Target, exchange, new RuleSubject(exchange.Caller, exchange.Route!, model, target.Provider)));
        return found.SelectMany(applying => applying.Accounts.ToArray());
    }

    /// <summary>Who may have budgets: the budgets that are of no tenant, and these tenants.</summary>
    public IEnumerable<string> BudgetOwners(IEnumerable<string> tenants, bool alsoOfNone) => OwnersOf(Rules.Where(r => r.Budget is not null), tenants, alsoOfNone);

    /// <summary>Who may have accounts of any rule: rules that are of no tenant, and these tenants.</summary>
    public IEnumerable<string> Owners(IEnumerable<string> tenants, bool alsoOfNone) => OwnersOf(Rules, tenants, alsoOfNone);

    /// <summary>Whether there are rules of a phase.</summary>
    public bool Has(RulePhase phase) => _phases[(int)phase].Length > 0;

    /// <summary>Whether any of the rules in a phase needs the worst case in tokens and money: without, it need not be reckoned.</summary>
    public bool NeedsWorstCase(RulePhase phase) => Array.Exists(_phases[(int)phase], r => r.NeedsWorstCase);

    /// <summary>The rule of an account.</summary>
    public CompiledRule? RuleOf(AccountId account) => _byId.GetValueOrDefault(account.Rule);

    /// <summary>What an account is like, by its name alone: for owners. None if the configuration knows no such account, or sets it no bound.</summary>
    public AccountSpec? SpecOf(AccountId account) => RuleOf(account)?.SpecOf(account.Scope);

    /// <summary>Who has an account; none if the configuration knows no such rule.</summary>
    public string? OwnerOf(AccountId account) => RuleOf(account)?.OwnerOf(account.Scope);

    /// <summary>Where a call is counted that a soft budget's account has not enough for; none if it must be refused.</summary>
    public Account? BeyondOf(Account exhausted)
    {
        if (RuleOf(exhausted.Id)?.Beyond is not { } rule || rule.SpecOf(exhausted.Id.Scope) is not { Limit: > 0 } spec) return null;
        return _admissions.Find(exhausted.Owner, new AccountId(rule.Id, exhausted.Id.Scope), spec);
    }

    /// <summary>
    /// The accounts that are rates, and those that are money: parts of the same memory where all of one sort stand first, as they do for most requests.
    /// </summary>
    public static (ReadOnlyMemory<Account> Rates, ReadOnlyMemory<Account> Money) Split(ReadOnlyMemory<Account> accounts)
    {
        var span = accounts.Span;
        var rates = 0;
        while (rates < span.Length && !IsMoney(span[rates])) rates++;
        for (var i = rates; i < span.Length; i++)
        {
            if (IsMoney(span[i])) continue;
            var all = accounts.ToArray();
            return (Array.FindAll(all, a => !IsMoney(a)), Array.FindAll(all, IsMoney));
        }

        return (accounts[..rates], accounts[rates..]);
    }

    /// <summary>How much the request counts where requests and concurrency are limited.</summary>
    public static long WeightOf(Route route, Model? model) => (long)route.Settings.RequestWeight * (model?.Settings.RequestWeight ?? 1);

    // Those of no tenant first: they are few.
    private static IEnumerable<string> OwnersOf(IEnumerable<CompiledRule> rules, IEnumerable<string> tenants, bool alsoOfNone)
    {
        var ofTenant = rules.ToLookup(r => r.IsOfTenant);
        return (alsoOfNone ? ofTenant[false].Select(r => r.OwnerOf("")) : []).Concat(ofTenant[true].Any() ? tenants.Select(t => $"tenant:{t}") : []);
    }

    private static bool IsMoney(Account account) => account.Spec.Kind == AccountKind.Budget;

    private Applying Of(RulePhase phase, Exchange exchange, in RuleSubject subject)
    {
        var rules = _phases[(int)phase];
        if (rules.Length == 0) return default;
        var known = _known.GetOrCreateValue(subject.Caller ?? Nobody);
        var place = new Place(phase, subject.Route, subject.Model, subject.Provider);
        if (!known.TryGetValue(place, out var found)) found = Find(rules, known, place, subject, exchange);
        return found.OfRequest.Length == 0 ? found.Fixed : WithThoseOfRequest(found, subject, exchange);
    }

    private Found Find(CompiledRule[] rules, ConcurrentDictionary<Place, Found> known, Place place, RuleSubject subject, Exchange exchange)
    {
        var applying = rules.Where(r => r.Takes(subject)).ToArray();
        var isWhole = true;
        var accounts = Collect(applying.Where(r => !r.IsOfRequest), subject, exchange, ref isWhole);
        var found = new Found(accounts, [.. applying.Where(r => r.IsOfRequest)]);
        // Where there was no account left there may be one for the next.
        if (isWhole) known.TryAdd(place, found);
        return found;
    }

    private Applying WithThoseOfRequest(Found found, RuleSubject subject, Exchange exchange)
    {
        var isWhole = true;
        var more = Collect(found.OfRequest.Where(r => r.TakesRequest(exchange)), subject, exchange, ref isWhole);
        if (more.Accounts.IsEmpty) return found.Fixed with { Full = found.Fixed.Full ?? more.Full };
        var both = new Account[found.Fixed.Accounts.Length + more.Accounts.Length];
        found.Fixed.Accounts.CopyTo(both);
        more.Accounts.CopyTo(both.AsMemory(found.Fixed.Accounts.Length));
        return new Applying(both, found.Fixed.Full ?? more.Full);
    }

    private Applying Collect(IEnumerable<CompiledRule> rules, RuleSubject subject, Exchange exchange, ref bool isWhole)
    {
        var accounts = new List<Account>();
        CompiledRule? full = null;
        foreach (var rule in rules)
        {
            var scope = rule.ScopeOf(subject, exchange);
            if (rule.SpecOf(scope) is not { } spec) continue;
            var account = Open(rule, scope, spec);
            if (account is null)
            {
                isWhole = false;
                account = rule.WhenFull == BeyondAccounts.Share && rule.SharedScopeOf(subject) is var shared && rule.SpecOf(shared) is { } common
                    ? Open(rule, shared, common) : null;
            }

            if (account is not null) accounts.Add(account);
            else full ??= rule;
        }

        return new Applying(accounts.ToArray(), full);
    }

    private Account? Open(CompiledRule rule, string scope, AccountSpec spec) => _admissions.Find(rule.OwnerOf(scope), new AccountId(rule.Id, scope), spec);

    private readonly record struct Place(RulePhase Phase, Route Route, Model? Model, Provider? Provider);

    private sealed record Found(Applying Fixed, CompiledRule[] OfRequest);
}
