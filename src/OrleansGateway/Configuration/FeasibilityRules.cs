namespace OrleansGateway.Configuration;

/// <summary>
/// Warns of limits that are valid, but that nothing fits into, or that a wider one makes void. Never faults: some are meant so, for a time or beside an
/// override. A limit of 0 says itself that it refuses all, and is no surprise but for slots, where it is easily taken for "no bound".
/// </summary>
internal static class FeasibilityRules
{
    /// <summary>Tokens that each call is reckoned with beside its body: what providers add to any request, and room.</summary>
    public const int FrameTokens = 64;

    // The shortest call: {"model":"","messages":[{"role":"user","content":""}]}.
    private const int LeastBodyBytes = 54;
    private const long FemtosPerNano = 1_000_000;

    public static void Check(GatewaySettings settings, Findings findings)
    {
        foreach (var (id, limit) in settings.RateLimits)
        {
            var path = SettingPath.Entry("rate_limits", id);
            CheckWeight(limit, settings, path, findings);
            CheckTokens(limit, settings, path, findings);
            if (limit.Count == RateLimitCount.Cost) CheckMoney(Capacity(limit), limit.Match, settings, path, findings);
            if (limit is { Count: RateLimitCount.Concurrency, Limit.Nanos: 0 })
                findings.Warn(path, "limit", "With no slots every request is refused; write unlimited if there is to be no bound.");
            var wider = settings.RateLimits.Where(r => IsOfTenant(r.Value.Per, "rate_limits", r.Key, findings) && IsAlike(r.Value, limit))
                .Select(r => (r.Key, r.Value.Limit));
            CheckNarrower(limit.Per, limit.Limit, wider, path, findings);
        }

        foreach (var (id, budget) in settings.Budgets)
        {
            var path = SettingPath.Entry("budgets", id);
            CheckMoney(budget.Limit!.Value.Nanos, budget.Match, settings, path, findings);
            var wider = settings.Budgets.Where(b => IsOfTenant(b.Value.Per, "budgets", b.Key, findings) && IsAlike(b.Value, budget))
                .Select(b => (b.Key, b.Value.Limit));
            CheckNarrower(budget.Per, budget.Limit, wider, path, findings);
        }
    }

    private static void CheckWeight(RateLimitSettings limit, GatewaySettings settings, string path, Findings findings)
    {
        if (limit.Count is not (RateLimitCount.Requests or RateLimitCount.Concurrency) || Capacity(limit) is not (> 0 and var nanos)) return;
        // Before the model is known it has no weight.
        var hasModel = limit.Match.Models.Count > 0 || limit.Match.Providers.Count > 0 || limit.Per.Any(p => p is "model" or "provider");
        var (route, byRoute) = Heaviest(settings.Routes.Where(r => Has(limit.Match.Routes, r.Key)).Select(r => (r.Key, r.Value.RequestWeight)));
        var (model, byModel) = hasModel ? Heaviest(Models(limit.Match, settings).Select(m => (m.Key, m.Value.RequestWeight))) : ("", 1);
        if ((long)byRoute * byModel * Quantity.Nano <= nanos) return;
        var which = byModel > 1 ? $"to the model {model} on the route {route}" : $"on the route {route}";
        findings.Warn(path, CapacityField(limit), $"A request {which} counts {(long)byRoute * byModel}, and never fits into {nanos / Quantity.Nano}.");
    }

    private static void CheckTokens(RateLimitSettings limit, GatewaySettings settings, string path, Findings findings)
    {
        if (limit.Count is not (RateLimitCount.Tokens or RateLimitCount.InputTokens) || Capacity(limit) is not (> 0 and var nanos)) return;
        var output = limit.Count == RateLimitCount.Tokens ? 1 : 0;
        foreach (var (name, model) in Models(limit.Match, settings))
        {
            var least = LeastInput(name, model) + output;
            if (least * Quantity.Nano <= nanos) continue;
            findings.Warn(path, CapacityField(limit),
                $"The shortest call of the model {name} is reckoned with {least} tokens, and never fits into {nanos / Quantity.Nano}.");
            return;
        }
    }

    private static void CheckMoney(long nanos, RuleMatchSettings match, GatewaySettings settings, string path, Findings findings)
    {
        var costs = Models(match, settings).Select(m => (m.Key, Cost: LeastCost(m.Key, m.Value, settings))).ToArray();
        if (nanos <= 0 || costs.Length == 0) return;
        var (name, cost) = costs.MinBy(c => c.Cost);
        if (cost > nanos)
            findings.Warn(path, "limit",
                $"The cheapest call with max_tokens 1, of the model {name}, can cost {Usd(cost)} USD, and never fits into {Usd(nanos)}.");
    }

    private static void CheckNarrower(IReadOnlyList<string> per, Quantity? limit, IEnumerable<(string Id, Quantity? Limit)> wider, string path,
        Findings findings)
    {
        if (limit is not { IsUnlimited: false } own || per.FirstOrDefault(p => p is "team" or "user" or "key") is not { } part) return;
        foreach (var (id, all) in wider)
        {
            if (all is { IsUnlimited: false } whole && own.Nanos > whole.Nanos)
                findings.Warn(path, "limit", $"Each {part} may have {own}, which is more than its whole tenant may by {id}: {whole}.");
        }
    }

    private static bool IsOfTenant(IReadOnlyList<string> per, string section, string id, Findings findings) =>
        per is ["tenant"] && !findings.IsGiven(SettingPath.Field(SettingPath.Entry(section, id), "match"));

    private static bool IsAlike(RateLimitSettings a, RateLimitSettings b) => (a.Count, a.Algorithm, a.Window) == (b.Count, b.Algorithm, b.Window);

    private static bool IsAlike(BudgetSettings a, BudgetSettings b) => (a.Period, a.Rolling) == (b.Period, b.Rolling);

    /// <summary>The most that one request can take at once, in 10⁻⁹; negative without a bound.</summary>
    private static long Capacity(RateLimitSettings limit)
    {
        var whole = limit.Limit!.Value;
        if (whole.Nanos <= 0 || CapacityField(limit) == "limit") return whole.Nanos;
        if (limit.Burst is { } burst) return burst.Nanos;
        return limit.Count == RateLimitCount.Cost ? 1 : Quantity.Nano;
    }

    // Buckets that space evenly have a burst of one unit unless one is stated.
    private static string CapacityField(RateLimitSettings limit) =>
        limit.Count != RateLimitCount.Concurrency
        && (limit.Burst is not null || limit.Algorithm is RateLimitAlgorithm.Gcra or RateLimitAlgorithm.LeakyBucket)
            ? "burst"
            : "limit";

    private static (string Name, int Weight) Heaviest(IEnumerable<(string Name, int Weight)> all) =>
        all.DefaultIfEmpty((Name: "", Weight: 1)).MaxBy(r => r.Weight);

    private static IEnumerable<KeyValuePair<string, ModelSettings>> Models(RuleMatchSettings match, GatewaySettings settings) =>
        settings.Models.Where(m => Has(match.Models, m.Key) && m.Value.Targets.Select(t => t.Provider).Concat(m.Value.Fallbacks.Select(f => f.Provider)).Any(p => Has(match.Providers, p)));

    private static bool Has(IReadOnlyList<string> names, string name) => names.Count == 0 || new NamePatterns(names).Matches(name);

    private static long LeastInput(string name, ModelSettings model) => Math.Min(LeastBodyBytes + name.Length + FrameTokens, model.InputTokensMax);

    /// <summary>What the shortest call with one token of output is held for: at its dearest target or fallback.</summary>
    private static long LeastCost(string name, ModelSettings model, GatewaySettings settings)
    {
        var targets = model.Targets.Select(t => (t.Provider, t.Model, t.Price)).Concat(model.Fallbacks.Select(f => (f.Provider, f.Model, f.Price)));
        return targets.Select(t => PriceLookup.Find(settings, settings.Providers[t.Provider], t.Model ?? name, t.Price)?.Now(TimeProvider.System)).Max(CostOf);

        long CostOf(Price? price)
        {
            if (price is null) return 0;
            var input = LeastInput(name, model);
            var femtos = price.Bounds.Where(b => b.Above == 0 || input > b.Above).Max(b => (Int128)b.Input * input + b.Output);
            return (long)(price.Request + (femtos + FemtosPerNano - 1) / FemtosPerNano);
        }
    }

    private static string Usd(long nanos) => (nanos / 1e9m).ToString("0.#########", CultureInfo.InvariantCulture);
}
