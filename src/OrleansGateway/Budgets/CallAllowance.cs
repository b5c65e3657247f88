using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Models;
using OrleansGateway.Prices;

namespace OrleansGateway.Budgets;

/// <summary>
/// What one call may use. Its hold covers one attempt at a time; what an attempt before it may have cost stays held besides. In a stream of which money is held slice by slice, the
/// hold grows as output comes. Used by one request, one step after the other.
/// </summary>
internal sealed class CallAllowance(Exchange exchange, ModelCall call, RuleTable table, Admitter admitter, CallHold hold) : IAllowance
{
    private AttemptHold? _attempt;
    private long? _attemptMax;
    private Amounts _billed;
    private long _seen;
    private bool _isCovered = true;
    private bool _isUnderWay;
    private bool _wasDenied;
    private bool _isShort;

    public long? OutputTokensMax => _attemptMax ?? hold.OutputTokensMax;

    public bool IsRolling => hold.Slice is not null;

    /// <summary>What stays held when there is no more to be had: the provider goes on until it notices that nobody reads.</summary>
    private long Reserve => Math.Min(hold.Slice ?? 0, hold.Output) / 4;

    public async ValueTask<Refusal?> BeginAsync(Target target, CancellationToken cancellation)
    {
        // An attempt that may have been billed has used up what covered it.
        if (!_isCovered && await hold.TakeAgainAsync() is { } tooLittle) return admitter.RefusalOf(exchange, tooLittle);
        _isCovered = true;
        if (await BeginAsync(table.ForTarget(exchange, target.Provider)) is { } full) return admitter.RefusalOf(exchange, full);

        // An earlier target may have had no room.
        if (exchange.Limits is { } facts) facts.RefusedBy = null;

        _isUnderWay = true;
        return null;
    }

    /// <summary>Output tokens of each answer that are held.</summary>
    public long Output => hold.Output;

    public CallBound Bound => hold.Bound;

    /// <summary>The bill of the attempt under way where nobody can say what it used: all that is held for it.</summary>
    public AttemptBill Held
    {
        get
        {
            if (!call.AttemptWasSent) return default;
            var most = hold.Bound.At(hold.Output);
            // What attempts before it were billed is held besides. Without an account of money none is held.
            var cost = hold.Cost is > 0 and var held ? Math.Max(0, held - _billed.Cost) : most.Cost;
            return new AttemptBill(
                new TokenUsage { Input = most.InputTokens, Output = most.OutputTokens }, UsageSource.Bound, new CostParts { Output = cost }, cost);
        }
    }

    /// <summary>Whether the stream was ended here, and its client was told that it had what is held.</summary>
    public bool IsShort => _isShort;

    public void Failed(bool wasSent, in AttemptBill bill)
    {
        var used = Settlement.Of(bill);
        EndAttempt(wasSent, used);
        _isUnderWay = false;
        _isCovered = used == default;
        _billed = Settlement.Sum(_billed, used);
    }

    /// <summary>What a failed attempt is charged to the accounts of its own provider.</summary>
    public void ChargesOfAttempt(in AttemptBill bill, List<UsageCharge> charges) => _attempt?.ChargesAt(Settlement.Of(bill), charges);

    /// <summary>What the call is charged with all its attempts, if the last has this bill.</summary>
    public void ChargesOfCall(in AttemptBill bill, List<UsageCharge> charges)
    {
        ChargesOfAttempt(bill, charges);
        if (call.WasSent) hold.ChargesAt(Settlement.Sum(_billed, Settlement.Of(bill)), charges);
    }

    public ValueTask<bool> CoverAsync(long outputTokens, CancellationToken cancellation)
    {
        if (_seen == 0) hold.Sent();
        _seen = outputTokens;
        if (outputTokens + 2 * Reserve <= hold.Output || hold.Output >= (OutputTokensMax ?? hold.Stated ?? long.MaxValue)) return new(true);
        // Asked again only once what there is has been used up: little comes back meanwhile.
        return _wasDenied && outputTokens + Reserve <= hold.Output ? new(true) : RaiseAsync(outputTokens);
    }

    public TokenUsage End(TokenUsage? known)
    {
        _isShort = true;
        var input = known is { TotalInput: > 0 } reported ? reported : new TokenUsage { Input = hold.Bound.InputTokens };
        return input with { Output = hold.Output, Reasoning = 0, AudioOutput = 0 };
    }

    public void Settle(in AttemptBill bill)
    {
        var used = Settlement.Of(bill);
        EndAttempt(_isUnderWay, used);
        if (call.WasSent) hold.Settle(Settlement.Sum(_billed, used));
        else hold.Cancel();
    }

    /// <summary>Takes what the attempt needs of its own provider's accounts; says why it may not be made if there is too little.</summary>
    private async ValueTask<Denied?> BeginAsync(Applying ofTarget)
    {
        _attemptMax = null;
        if (ofTarget.Accounts.IsEmpty && ofTarget.Full is null) return null;
        var output = hold.OutputAt(ofTarget);
        _attempt = new AttemptHold(admitter.NewHold(exchange));
        if (await _attempt.TakeAsync(admitter, exchange, table, ofTarget, hold.Bound.At(output)) is { } full)
        {
            EndAttempt(wasSent: false, used: default);
            return full;
        }

        if (Bound.Answers > 0 && CallHold.LimitsOutput(ofTarget)) _attemptMax = Math.Max(output, 1);
        return null;
    }

    private async ValueTask<bool> RaiseAsync(long outputTokens)
    {
        if (await hold.RaiseAsync(outputTokens) is not { } denied) return true;
        _wasDenied = true;
        if (outputTokens + Reserve <= hold.Output) return true;
        hold.EndedBy(denied, outputTokens);
        return false;
    }

    private void EndAttempt(bool wasSent, in Amounts used)
    {
        _attempt?.End(wasSent, used, hold.Bound);
        _attempt = null;
    }
}
