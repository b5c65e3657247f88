using Orleans.Concurrency;
using Orleans.Placement;
using OrleansGateway.Cluster.Wire;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Cluster.Owners;

/// <summary>
/// One owner in a cluster. Calls interleave, so that those which come while the ledger is being written share the next write. Placed where there is room: with the first edge that calls it,
/// all owners would be on the silo that was up first.
/// </summary>
[GrainType("lease-owner"), Reentrant, ByAnySilo, ResourceOptimizedPlacement]
internal sealed class LeaseOwnerGrain(SiloOwners owners) : Grain, ILeaseOwnerGrain
{
    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_idleAfter = TimeSpan.FromMinutes(1);

    private HostedOwner _owner = null!;
    private SilentSessions _silent = null!;

    private string Name => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _owner = await AnsweredAsync(owners.OpenAsync(Name, cancellationToken));
        _silent = new SilentSessions(_owner, owners.Clock);
        this.RegisterGrainTimer(static (grain, _) => grain.SweepAsync(), this, new GrainTimerCreationOptions(s_sweepEvery, s_sweepEvery) { Interleave = true });
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        _owner is null ? Task.CompletedTask : owners.CloseAsync(Name, _owner, cancellationToken);

    public async Task<WireLeaseReply> SendAsync(WireLeaseRequest request, CancellationToken cancellation)
    {
        _silent.Heard(request.Session);
        if (!_owner.TrySend(request.ToRequest(), out var reply, out var later)) throw Gone();
        reply ??= await AnsweredAsync(later!);
        // What was granted counts only if nobody else can have been the owner meanwhile; the edge asks again, whoever is.
        if (_owner.IsRetired || !owners.MayGrant) throw Gone();
        owners.Renewed();
        return WireLeaseReply.Of(reply);
    }

    public async Task<WireOwnerView> ViewAsync(CancellationToken cancellation)
    {
        OwnerView? view = null;
        await DoAsync(needsLedger: false, (core, now) =>
        {
            view = core.View(now);
            return null;
        });
        return WireOwnerView.Of(view!);
    }

    public async Task<WireNearSlice> NearAsync(int from, int percent, int most, CancellationToken cancellation)
    {
        NearSlice? slice = null;
        await DoAsync(needsLedger: false, (core, now) =>
        {
            slice = core.Near(from, percent, most, now);
            return null;
        });
        return WireNearSlice.Of(slice!);
    }

    public async Task<WireBudgetActResult> ActAsync(WireBudgetAct act, CancellationToken cancellation) =>
        WireBudgetActResult.Of((await DoAsync(needsLedger: true, (core, now) => core.BeginAct(act.ToAct(), now)))!.Act!);

    public Task RecoverAsync(WireFindings findings, CancellationToken cancellation) =>
        DoAsync(needsLedger: true, (core, now) => core.BeginRecovery(findings.ToFindings(), now));

    private Task<OwnerStep?> DoAsync(bool needsLedger, Func<OwnerCore, OwnerTime, OwnerStep?> begin) => AnsweredAsync(_owner.Do(needsLedger, begin) ?? throw Gone());

    /// <summary>The ledger's exceptions mean nothing on the way between nodes.</summary>
    private async Task<T> AnsweredAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (LedgerException unknown)
        {
            throw new IOException(unknown.Message);
        }
        catch (IOException) when (_owner is { IsRetired: true })
        {
            throw Gone();
        }
    }

    private async Task SweepAsync()
    {
        _owner.Sweep(idleAfter: null);
        if (_owner.IsRetired || _owner.IsIdleFor(s_idleAfter))
        {
            DeactivateOnIdle();
            return;
        }

        await _silent.SuspendAsync();
    }

    /// <summary>Ends this activation: the next call makes another, here or elsewhere, that begins by taking over.</summary>
    private IOException Gone()
    {
        if (_owner.IsRetired) DeactivateOnIdle();
        return new IOException($"{Name} is not to be had here now.");
    }
}
