using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;

namespace OrleansGateway.Bench.Micro;

/// <summary>An edge with accounts as a tenant has them: organisation, team, user and key, each with requests, tokens and money.</summary>
internal sealed class AdmissionRig : IAsyncDisposable
{
    private static readonly AdmissionTerms Terms = new(1, TimeSpan.Zero);
    private static readonly Amounts Held = new() { Requests = 1, InputTokens = 200, OutputTokens = 1_000, Cost = 900_000 };
    private static readonly Amounts Used = new() { Requests = 1, InputTokens = 200, OutputTokens = 100, Cost = 120_000 };

    // Its leases do not go back while another benchmark has its turn.
    private static readonly EdgeSettings Settings = new() { RateKept = TimeSpan.FromHours(1), MoneyKept = TimeSpan.FromHours(1) };

    private readonly LeasedAdmissions _edge =
        new(Settings, Guid.NewGuid(), new NoJournal(), new BottomlessOwner(), new(), TimeProvider.System, NullLogger<LeasedAdmissions>.Instance);

    private readonly Account[] _accounts;

    public AdmissionRig(int accounts)
    {
        _accounts = [.. Enumerable.Range(0, accounts).Select(Find)];
        AdmitAndSettle();
    }

    public void AdmitAndSettle()
    {
        var hold = _edge.NewHold("req-0000000000000000");
        var admitting = _edge.AdmitAsync(hold, _accounts, Held, Terms, CancellationToken.None);
        if (!admitting.IsCompletedSuccessfully || !admitting.Result.IsGranted) throw new InvalidOperationException("Not admitted at once.");
        hold.Settle(Used);
        hold.Dispose();
    }

    public ValueTask DisposeAsync() => _edge.DisposeAsync();

    private Account Find(int index)
    {
        var (kind, dimension) = (index % 3) switch
        {
            0 => (AccountKind.Bucket, Dimension.Requests),
            1 => (AccountKind.FixedWindow, Dimension.Tokens),
            _ => (AccountKind.Budget, Dimension.Cost),
        };
        var spec = new AccountSpec { Kind = kind, Dimension = dimension, Limit = BottomlessOwner.Units, Refill = 1, Time = TimeSpan.FromSeconds(1) };
        return _edge.Find("tenant:acme", new($"rule{index}", "acme"), spec)!;
    }
}
