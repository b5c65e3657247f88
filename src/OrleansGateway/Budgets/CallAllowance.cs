using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Models;

namespace OrleansGateway.Budgets;

/// <summary>
/// What one call may use. Its hold covers one attempt at a time; what an attempt before it may have cost stays held besides. In a stream of which money is held
/// slice by slice, the hold grows as output comes. Used by one request, one step after the other.
/// </summary>
internal sealed class CallAllowance(Exchange exchange, ModelCall call, RuleTable table, Admitter admitter, CallHold hold) : IAllowance
{
    private AttemptHold? _attempt;
    private Target? _target;
    private Amounts _billed;
    private long _seen;
    private bool _isCovered = true;
    private bool _isUnderWay;
    private bool _wasDenied;
    private bool _isShort;

    public long? OutputTokensMax => hold.OutputTokensMax;

    public bool IsRolling => hold.Slice is not null;

    /// <summary>What stays held when there is no more to be had: the provider goes on until it notices that nobody reads.</summary>
    private long Reserve => Math.Min(hold.Slice ?? 0, hold.Output) / 4;

    public async ValueTask<Refusal?> BeginAsync(Target target, CancellationToken cancellation)
    {
        // An attempt that may have been billed has used up what covered it.
        if (!_isCovered && await hold.TakeAgainAsync() is { } tooLittle) return admitter.RefusalOf(exchange, tooLittle);
        _isCovered = true;
        var applying = table.ForTarget(exchange, target.Provider);
        if (!applying.Accounts.IsEmpty || applying.Full is not null)
        {
            _attempt = new AttemptHold(admitter.NewHold(exchange));
            if (await _attempt.TakeAsync(admitter, exchange, table, applying, hold.Bound.At(hold.OutputTokensMax ?? hold.Output)) is { } full)
            {
                EndAttempt(wasSent: false, used: default);
                return admitter.RefusalOf(exchange, full);
            }
        }

        // An earlier target may have had no room.
        if (exchange.Limits is { } facts) facts.RefusedBy = null;

        (_target, _isUnderWay) = (target, true);
        return null;
    }

    public void Failed(bool wasSent, bool mayBeBilled)
    {
        var used = mayBeBilled ? hold.Bound.At(hold.Output) with { Requests = 0, Concurrency = 0 } : default;
        EndAttempt(wasSent, used);
        _isUnderWay = false;
        _isCovered = !mayBeBilled;
        _billed = Settlement.Sum(_billed, used);
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

    /// <summary>The call is over, however it ended: what it used is posted, and the rest goes back.</summary>
    public void Settle()
    {
        var seen = IsRolling && _seen > 0 ? Math.Min(_seen, hold.Output) : hold.Output;
        var attempt = !_isUnderWay ? default : Settlement.Of(call, _target!, hold.Bound, seen, hold.Output, _isShort);
        EndAttempt(_isUnderWay, attempt);
        if (call.WasSent) hold.Settle(Settlement.Sum(_billed, attempt));
        else hold.Cancel();
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
