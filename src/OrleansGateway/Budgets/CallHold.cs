using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Models;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Budgets;

/// <summary>
/// What a call holds of tokens and money. Rates are held for the whole answer before it is sent, for a stream that a rate ends in the middle is worse than one that is refused; money
/// too, or slice by slice, as the budgets say.
/// </summary>
internal sealed class CallHold
{
    /// <summary>The least that is asked for when a slice is not to be had.</summary>
    private const long RaiseMin = 16;

    private readonly Exchange _exchange;
    private readonly ModelCall _call;
    private readonly RuleTable _table;
    private readonly Admitter _admitter;
    private readonly SoftBudgets _soft;
    private readonly ILogger _log;
    private readonly GatewayMetrics _metrics;
    private readonly Hold _hold;
    private Applying _applying;
    private long _taken;

    public CallHold(Exchange exchange, ModelCall call, RuleTable table, Applying applying, Admitter admitter, GatewayMetrics metrics, ILogger log)
    {
        (_exchange, _call, _table, _applying, _admitter, _metrics, _log) = (exchange, call, table, applying, admitter, metrics, log);
        _soft = new SoftBudgets(exchange, call, table, metrics, log);
        _hold = admitter.NewHold(exchange);
        Bound = CallBound.Of(exchange.Route!, call, exchange.Snapshot.TariffOf(exchange.Caller?.Tenant));
        Slice = SliceOf(applying);
    }

    /// <summary>The most that the call uses, by its output.</summary>
    public CallBound Bound { get; private set; }

    /// <summary>Output tokens in a slice of the stream; none if all is held.</summary>
    public long? Slice { get; }

    /// <summary>Output tokens of each answer that money is held for.</summary>
    public long Output { get; private set; }

    /// <summary>Most output tokens of an answer, as the client states it; none if it states none.</summary>
    public long? Stated => Bound.Stated;

    /// <summary>Most output tokens that the provider is told; none if what the client asks for stands.</summary>
    public long? OutputTokensMax { get; private set; }

    /// <summary>Most that the model makes when nobody states a bound.</summary>
    private long Usual => _call.Entry.Settings.MaxOutputTokens;

    /// <summary>Before the call is sent: takes its worst case, or as much of it as is to be had, or says why it is refused.</summary>
    public async ValueTask<Denied?> TakeAsync()
    {
        if (Slice is null)
        {
            if (await TakeAsync(Everything, PlanOf(Everything)) is { } denied) return denied;
            if (LimitsOutput(Everything)) Tell(_taken);
            Output = _taken;
            return null;
        }

        // Money first: a budget may have another model serve the call, which then has other rates.
        if (await TakeAsync(OfMoney, OutputPlan.Of(Stated, Usual, Slice, share: 0)) is { } tooLittle) return tooLittle;
        Output = _taken;
        if (await TakeAsync(OfRates, PlanOf(OfRates)) is { } tooMuch) return tooMuch;
        // More than a whole budget buys is never to be had. A provider that has been told so makes no more, however late it notices that nobody reads.
        var ceiling = Least(OfMoney, static (bound, account) => account.Spec.Limit == 0 ? long.MaxValue : bound.OutputFor(Dimension.Cost, account.Spec.Limit));
        if (LimitsOutput(OfRates)) Tell(Math.Min(_taken, ceiling));
        else if (ceiling < (Stated ?? Usual)) Tell(ceiling);
        return null;

        void Tell(long tokens) => OutputTokensMax = Bound.Answers == 0 ? null : Math.Max(tokens, 1);
    }

    /// <summary>Takes as much again for another attempt.</summary>
    public ValueTask<Denied?> TakeAgainAsync() => AdmitAsync(Everything, () => Bound.At(Output) with { Requests = 0, Concurrency = 0 });

    /// <summary>Takes money for a slice beyond the tokens that have come, or for less if no more is to be had; says why if for nothing.</summary>
    public async ValueTask<Denied?> RaiseAsync(long outputTokens)
    {
        var most = Math.Min(OutputTokensMax ?? Stated ?? long.MaxValue, outputTokens + Slice!.Value);
        for (var step = Math.Max(most - Output, 1); ; step /= 2)
        {
            var next = Output + step;
            var denied = await AdmitAsync(OfMoney, () => Bound.Between(next, Output));
            if (denied is null)
            {
                Output = next;
                return null;
            }

            if (step / 2 < RaiseMin) return denied;
        }
    }

    /// <summary>The answer has begun: what counts as a request is used, and its rate may fill again while the stream lasts.</summary>
    public void Sent() => _hold.Spend(new Amounts { Requests = Bound.Weight });

    public void EndedBy(in Denied denied, long outputTokens)
    {
        RequestLimits.Of(_exchange).RefusedBy = denied.Rule.Id;
        _metrics.StreamEndedByLimit(denied.Rule.Id);
        _log.StreamEnded(_exchange.Id, outputTokens, denied.Rule.Id);
    }

    public void ChargesAt(in Amounts used, List<UsageCharge> charges) => _hold.ChargesAt(used, charges);

    public void Settle(in Amounts used)
    {
        if (Any(_applying, static account => account.Spec.Dimension == Dimension.Cost))
        {
            var facts = RequestLimits.Of(_exchange);
            (facts.HeldCost, facts.Cost) = (_hold.Of(Dimension.Cost), used.Cost);
        }

        _hold.Settle(used with { Requests = Bound.Weight, Concurrency = Bound.Weight });
        _hold.Dispose();
    }

    public void Cancel()
    {
        _hold.Cancel();
        _hold.Dispose();
    }

    private async ValueTask<Denied?> TakeAsync(Func<Account, bool> which, OutputPlan plan)
    {
        _taken = plan.Tokens;
        if (await AdmitAsync(which, () => Bound.At(_taken)) is not { } denied) return null;
        if (!MayBeLess(denied) || plan.Least >= plan.Tokens) return denied;
        // Little first: where there is nothing left, which is the usual reason, that is known with one more question.
        _taken = plan.Least;
        if (await AdmitAsync(which, () => Bound.At(_taken)) is { } nothing) return denied.Admission.Denial == Denial.Never ? denied : nothing;
        for (var step = (plan.Tokens - plan.Least) / 2; step >= OutputPlan.UsefulMin; step /= 2)
        {
            var next = _taken + step;
            if (await AdmitAsync(which, () => Bound.Between(next, _taken)) is null) _taken = next;
        }

        return null;
    }

    private async ValueTask<Denied?> AdmitAsync(Func<Account, bool> which, Func<Amounts> units)
    {
        while (true)
        {
            if (await _admitter.AdmitAsync(_exchange, _table, _hold, Part(which), units()) is not { } denied) return null;
            if (_soft.Soften(_applying, denied) is not { } softened) return denied;
            _applying = softened;
            Bound = CallBound.Of(_exchange.Route!, _call, _exchange.Snapshot.TariffOf(_exchange.Caller?.Tenant));
        }
    }

    /// <summary>Whether fewer output tokens may help: not where time does.</summary>
    private bool MayBeLess(in Denied denied)
    {
        if (denied.Admission is not { Binding.Spec: var spec, Denial: var denial } || denial == Denial.Unavailable || Bound.Answers == 0) return false;
        // A rate comes back, and so does what others hold of a budget; a client that has said how much it needs had better wait for it.
        var isPatient = spec.Kind != AccountKind.Budget || Stated <= Usual;
        return spec.Dimension is Dimension.OutputTokens or Dimension.Tokens or Dimension.Cost && !(isPatient && denial == Denial.NotNow);
    }

    private OutputPlan PlanOf(Func<Account, bool> which) => OutputPlan.Of(Stated, Usual, slice: null, share: Least(which, static (bound, account) =>
        // What operators have added to a budget of nothing is not known here.
        account.Spec.Limit == 0 ? long.MaxValue : bound.OutputFor(account.Spec.Dimension, account.Spec.Limit / OutputPlan.Shares)));

    /// <summary>The least of what accounts allow that refuse what is more.</summary>
    private long Least(Func<Account, bool> which, Func<CallBound, Account, long> allowed)
    {
        var least = long.MaxValue;
        foreach (var account in Part(which).Accounts.Span)
        {
            if (!account.Spec.Shadow && _table.RuleOf(account.Id)?.Budget is not { Mode: BudgetMode.Soft }) least = Math.Min(least, allowed(Bound, account));
        }

        return least;
    }

    private bool LimitsOutput(Func<Account, bool> which) =>
        Any(Part(which), static account => account.Spec is { Shadow: false, Dimension: Dimension.OutputTokens or Dimension.Tokens or Dimension.Cost });

    private long? SliceOf(in Applying applying)
    {
        if (!_call.Stream || Bound.Answers != 1 || !Any(applying, OfMoney)) return null;
        var slice = long.MaxValue;
        foreach (var account in applying.Accounts.Span)
        {
            if (_table.RuleOf(account.Id)?.Budget is not { } budget) continue;
            if (budget.Streams == StreamHold.Strict) return null;
            slice = Math.Min(slice, budget.SliceTokens);
        }

        return slice;
    }

    private Applying Part(Func<Account, bool> which) => new(_applying.Accounts.ToArray().Where(which).ToArray(), _applying.Full);

    private static bool Any(in Applying applying, Func<Account, bool> which)
    {
        foreach (var account in applying.Accounts.Span)
        {
            if (which(account)) return true;
        }

        return false;
    }

    private static bool Everything(Account account) => true;

    private static bool OfMoney(Account account) => account.Spec.Kind == AccountKind.Budget;

    private static bool OfRates(Account account) => account.Spec.Kind != AccountKind.Budget;
}
