using OrleansGateway.Cluster.Owners;
using OrleansGateway.Cluster.Wire;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Storage.Ledger;

namespace OrleansGateway.Cluster;

/// <summary>The owners of the cluster as an edge has them: each is a grain, wherever it is.</summary>
/// <param name="grains">Finds them.</param>
/// <param name="ledger">Read without them.</param>
/// <param name="lives">Says who has money of a session.</param>
/// <param name="here">Those of them that are in this process; none where it is only an edge.</param>
/// <param name="specs">What an account is like by this node's configuration.</param>
/// <param name="time">The clock.</param>
internal sealed class GrainOwners(IGrainFactory grains, ILedgerStore ledger, PostgresOwnerLives lives, SiloOwners? here, Func<AccountId, AccountSpec?> specs, TimeProvider time)
    : IOwnerEngine, ILeaseOwners, IOwnerViews, IBudgets
{
    private static readonly TimeSpan s_recoverWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_recoverAgain = TimeSpan.FromMilliseconds(500);

    // Many times what an answer takes, and a small part of what a request waits.
    private static readonly Hedge s_hedge = new(TimeSpan.FromMilliseconds(300), 4);

    /// <summary>
    /// Asks again while there is no answer, and takes the first that comes: what is on its way by a silo that leaves or dies can be lost without a word, or wait for a place until it has
    /// expired, and all who wait for this owner would wait until that is noticed: Orleans looks once a second what has timed out.
    /// </summary>
    public async ValueTask<LeaseReply> SendAsync(string owner, LeaseRequest request, CancellationToken cancellation)
    {
        var wire = WireLeaseRequest.Of(request);
        var reply = await s_hedge.AskAsync(() => AskAsync(owner, static (grain, asked, stop) => grain.SendAsync(asked, stop), wire, cancellation), time, cancellation);
        return reply.ToReply();
    }

    public async ValueTask<OwnerView> ViewAsync(string owner, CancellationToken cancellation) =>
        (await AskAsync(owner, static (grain, _, stop) => grain.ViewAsync(stop), owner, cancellation)).ToView(specs);

    public async ValueTask<NearSlice> NearAsync(string owner, int from, int percent, int most, CancellationToken cancellation) =>
        (await AskAsync(owner, static (grain, asked, stop) => grain.NearAsync(asked.from, asked.percent, asked.most, stop), (from, percent, most), cancellation)).ToSlice(specs);

    public ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation) => ledger.ReadAsync(owner, cancellation);

    public async ValueTask<BudgetActResult> ActAsync(string owner, BudgetAct act, CancellationToken cancellation)
    {
        try
        {
            return (await AskAsync(owner, static (grain, wire, stop) => grain.ActAsync(wire, stop), WireBudgetAct.Of(act), cancellation)).ToResult();
        }
        catch (Exception unknown) when (unknown is IOException or TimeoutException)
        {
            throw new LedgerException(unknown.Message, unknown);
        }
    }

    public async Task RecoverAsync(JournalFindings findings, CancellationToken cancellation)
    {
        var wire = WireFindings.Of(findings);
        foreach (var owner in await lives.OwnersOfAsync(findings.Session, cancellation)) await RecoverAsync(owner, wire, cancellation);
    }

    /// <summary>Nothing: who else has leases here is another edge, and owners find out by themselves which are gone.</summary>
    public Task SuspendOthersAsync(Guid ownSession, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Nothing: the silo looks after its owners from when it joins until it leaves.</summary>
    public void Start()
    {
    }

    public void SpecsChanged() => here?.SpecsChanged();

    public IEnumerable<BudgetShare> BudgetShares() => here?.BudgetShares() ?? [];

    /// <summary>Nothing: owners are handed over when the silo leaves, which is after the last edge has given back.</summary>
    public Task StopAsync() => Task.CompletedTask;

    /// <summary>At a start nodes come and go, and owners with them: one that does not answer is asked again for a while.</summary>
    private async Task RecoverAsync(string owner, WireFindings findings, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await AskAsync(owner, static async (grain, found, stop) =>
                {
                    await grain.RecoverAsync(found, stop);
                    return true;
                }, findings, cancellation);
                return;
            }
            catch (Exception unknown) when (unknown is IOException or TimeoutException)
            {
                if (time.GetElapsedTime(began) > s_recoverWithin) throw new LedgerException(unknown.Message, unknown);
            }

            await Task.Delay(s_recoverAgain, time, cancellation);
        }
    }

    /// <summary>Throws <see cref="TimeoutException"/> or <see cref="IOException"/> if there is no answer, whatever Orleans throws.</summary>
    private async Task<TAnswer> AskAsync<TAsked, TAnswer>(
        string owner, Func<ILeaseOwnerGrain, TAsked, CancellationToken, Task<TAnswer>> ask, TAsked asked, CancellationToken cancellation)
    {
        try
        {
            return await ask(grains.GetGrain<ILeaseOwnerGrain>(owner), asked, cancellation);
        }
#pragma warning disable CA1031 // Orleans has dozens, and passes on those of the other side; to an edge they all mean that it must ask again.
        catch (Exception failed) when (failed is not (IOException or TimeoutException) && !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            throw new IOException($"The owner {owner} did not answer: {failed.Message}", failed);
        }
    }
}
