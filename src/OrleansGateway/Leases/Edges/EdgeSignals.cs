using System.Threading.Channels;

namespace OrleansGateway.Leases.Edges;

/// <summary>
/// What an edge's core has to tell its host, from any thread, perhaps in the middle of an admission: noted here, and acted on elsewhere. Neither queue needs a bound, for no owner and no
/// account is in it twice.
/// </summary>
internal sealed class EdgeSignals(EdgeNotices notices)
{
    private readonly Channel<OwnerLink> _links = Channel.CreateUnbounded<OwnerLink>(new() { SingleReader = true });
    private readonly Channel<Account> _freed = Channel.CreateUnbounded<Account>(new() { SingleReader = true });

    /// <summary>Owners that there is something to say to.</summary>
    public ChannelReader<OwnerLink> Links => _links.Reader;

    /// <summary>Accounts that requests wait for and that units went back to. To be taken off the list by <see cref="Account.IsFreed"/> before it is acted on.</summary>
    public ChannelReader<Account> FreedAccounts => _freed.Reader;

    public void Wake(OwnerLink link) => _links.Writer.TryWrite(link);

    public void Freed(Account account)
    {
        if (!Interlocked.Exchange(ref account.IsFreed, true)) _freed.Writer.TryWrite(account);
    }

    public void Overrun(Account account, long units) => notices.Overrun(account, units);
}
