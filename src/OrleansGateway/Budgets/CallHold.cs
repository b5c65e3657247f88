using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Models;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Budgets;

/// <summary>
/// What a call holds of tokens and money. Rates are held for the whole answer before it is sent, for a stream that a rate ends in the middle is worse than one
/// that is refused; money too, or slice by slice, as the budgets say.
/// </summary>
internal sealed class CallHold
{
    /// <summary>The least that is asked for when a slice is not to be had.</summary>
    private const long RaiseMin = 16;

    private readonly Exchange _exchange;
    private readonly ModelCall _call;
    private readonly RuleTable _table;
    private readonly Admitter _admitter;
    private readonly ILogger _log;
    private readonly GatewayMetrics _metrics;
    private readonly Hold _hold;
    private SoftBudgets? _soft;
    private Applying _everything;
    private Applying _ofRates;
    private Applying _ofMoney;
    private long _taken;

    public CallHold(Exchange exchange, ModelCall call, RuleTable table, Applying applying, Admitter admitter, GatewayMetrics metrics, ILogger log)
    {
        (_exchange, _call, _table, _admitter, _metrics, _log) = (exchange, call, table, admitter, metrics, log);
        Apply(applying);
        _hold = admitter.NewHold(exchange);
        Bound = CallBound.Of(exchange.Route!, call, exchange.Snapshot.TariffOf(exchange.Caller?.Tenant));
        Slice = SliceOf(applying);
    }

    /// <summary>Which of the call's accounts are meant.</summary>
    private enum Share
    {
        Everything,
        Rates,
        Money,
    }

    /// <summary>The most that the call uses, by its output.</summary>
    public CallBound Bound { get; private set; }

    /// <summary>Output tokens in a slice of the stream; none if all is held.</summary>
    public long? Slice { get; }

    /// <summary>Output tokens of each answer that money is held for.</summary>
    public long Output { get; private set; }

    /// <summary>Nano-dollars held; 0 if no account counts money.</summary>
    public long Cost => _hold.Of(Dimension.Cost);

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
            if (await TakeAsync(Share.Everything, PlanOf(_everything, Stated)) is { } denied) return denied;
            if (LimitsOutput(_everything)) Tell(_taken);
            Output = _taken;
            return null;
        }

        // Money first: a budget may have another model serve the call, which then has other rates.
        if (await TakeAsync(Share.Money, OutputPlan.Of(Stated, Usual, Slice, share: 0)) is { } tooLittle) return tooLittle;
        Output = _taken;
        if (await TakeAsync(Share.Rates, PlanOf(_ofRates, Stated)) is { } tooMuch) return tooMuch;
        // More than a whole budget buys is never to be had. A provider that has been told so makes no more, however late it notices that nobody reads.
        var ceiling = Least(_ofMoney, static (bound, account) => account.Spec.Limit == 0 ? long.MaxValue
            : bound.OutputFor(Dimension.Cost, account.Spec.Limit));
        if (LimitsOutput(_ofRates)) Tell(Math.Min(_taken, ceiling));
        else if (ceiling < (Stated ?? Usual)) Tell(ceiling);
        return null;

        void Tell(long tokens) => OutputTokensMax = Bound.Answers == 0 ? null : Math.Max(tokens, 1);
    }

    /// <summary>Output tokens of each answer that an attempt takes of the accounts of its own provider: all that the call may make, or a share of them where nobody has said how much that is.</summary>
    public long OutputAt(in Applying ofTarget) => PlanOf(ofTarget, OutputTokensMax ?? Stated).Tokens;

    /// <summary>Whether accounts bound the output, so that the provider is to be told.</summary>
    public static bool LimitsOutput(in Applying applying) =>
        Any(applying, static account => account.Spec is { Shadow: false, Dimension: Dimension.OutputTokens or Dimension.Tokens or Dimension.Cost });

    /// <summary>Takes as much again for another attempt.</summary>
    public ValueTask<Denied?> TakeAgainAsync() => AdmitAsync(Share.Everything, Output, isAgain: true);

    /// <summary>Takes money for a slice beyond the tokens that have come, or for less if no more is to be had; says why if for nothing.</summary>
    public async ValueTask<Denied?> RaiseAsync(long outputTokens)
    {
        var most = Math.Min(OutputTokensMax ?? Stated ?? long.MaxValue, outputTokens + Slice!.Value);
        for (var step = Math.Max(most - Output, 1); ; step /= 2)
        {
            var next = Output + step;
            var denied = await AdmitAsync(Share.Money, next, Output);
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
        if (Any(_everything, static account => account.Spec.Dimension == Dimension.Cost))
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

    private async ValueTask<Denied?> TakeAsync(Share share, OutputPlan plan)
    {
        _taken = plan.Tokens;
        if (await AdmitAsync(share, _taken) is not { } denied) return null;
        if (!MayBeLess(denied) || plan.Least >= plan.Tokens) return denied;
        // Little first: where there is nothing left, which is the usual reason, that is known with one more question.
        _taken = plan.Least;
        if (await AdmitAsync(share, _taken) is { } nothing) return denied.Admission.Denial == Denial.Never ? denied : nothing;
        for (var step = (plan.Tokens - plan.Least) / 2; step >= OutputPlan.UsefulMin; step /= 2)
        {
            var next = _taken + step;
            if (await AdmitAsync(share, next, _taken) is null) _taken = next;
        }

        return null;
    }

    /// <summary>
    /// Takes what the call needs if each answer has so many tokens, beyond what it holds for fewer; for another attempt it is no other request.
    /// </summary>
    private async ValueTask<Denied?> AdmitAsync(Share share, long outputTokens, long? fewer = null, bool isAgain = false)
    {
        while (true)
        {
            var units = fewer is { } held ? Bound.Between(outputTokens, held) : Bound.At(outputTokens);
            if (isAgain) units = units with { Requests = 0, Concurrency = 0 };
            if (await _admitter.AdmitAsync(_exchange, _table, _hold, Of(share), units) is not { } denied) return null;
            _soft ??= new SoftBudgets(_exchange, _call, _table, _metrics, _log);
            if (_soft.Soften(_everything, denied) is not { } softened) return denied;
            Apply(softened);
            Bound = CallBound.Of(_exchange.Route!, _call, _exchange.Snapshot.TariffOf(_exchange.Caller?.Tenant));
        }
    }

    private Applying Of(Share share) => share switch
    {
        Share.Rates => _ofRates,
        Share.Money => _ofMoney,
        _ => _everything,
    };

    private void Apply(Applying applying)
    {
        var (rates, money) = RuleTable.Split(applying.Accounts);
        (_everything, _ofRates, _ofMoney) = (applying, applying with { Accounts = rates }, applying with { Accounts = money });
    }

    /// <summary>Whether fewer output tokens may help: not where time does.</summary>
    private bool MayBeLess(in Denied denied)
    {
        if (denied.Admission is not { Binding.Spec: var spec, Denial: var denial } || denial == Denial.Unavailable || Bound.Answers == 0) return false;
        // A rate comes back, and so does what others hold of a budget; a client that has said how much it needs had better wait for it.
        var isPatient = spec.Kind != AccountKind.Budget || Stated <= Usual;
        return spec.Dimension is Dimension.OutputTokens or Dimension.Tokens or Dimension.Cost && !(isPatient && denial == Denial.NotNow);
    }

    private OutputPlan PlanOf(in Applying applying, long? stated) => OutputPlan.Of(stated, Usual, slice: null, share: Least(applying, static (bound, account) =>
        // What operators have added to a budget of nothing is not known here.
        account.Spec.Limit == 0 ? long.MaxValue : bound.OutputFor(account.Spec.Dimension, account.Spec.Limit / OutputPlan.Shares)));

    /// <summary>The least of what accounts allow that refuse what is more.</summary>
    private long Least(in Applying applying, Func<CallBound, Account, long> allowed)
    {
        var least = long.MaxValue;
        foreach (var account in applying.Accounts.Span)
        {
            if (!account.Spec.Shadow && _table.RuleOf(account.Id)?.Budget is not { Mode: BudgetMode.Soft }) least = Math.Min(least, allowed(Bound, account));
        }

        return least;
    }

    private long? SliceOf(in Applying applying)
    {
        if (!_call.Stream || Bound.Answers != 1 || _ofMoney.Accounts.IsEmpty) return null;
        var slice = long.MaxValue;
        foreach (var account in applying.Accounts.Span)
        {
            if (_table.RuleOf(account.Id)?.Budget is not { } budget) continue;
            if (budget.Streams == StreamHold.Strict) return null;
            slice = Math.Min(slice, budget.SliceTokens);
        }

        return slice;
    }

    private static bool Any(in Applying applying, Func<Account, bool> which)
    {
        foreach (var account in applying.Accounts.Span)
        {
            if (which(account)) return true;
        }

        return false;
    }
}
