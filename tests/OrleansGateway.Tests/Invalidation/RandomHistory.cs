using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>Fetches that begin and end, things stored and thrown out, and invalidations, in any order; beside it the naive table.</summary>
internal sealed class RandomHistory(int seed, InvalidationBounds bounds)
{
    private readonly Random _random = new(seed);

    public TenantInvalidations Table { get; } = new(bounds);

    public NaiveInvalidations Naive { get; } = new();

    public List<(FillTicket Ticket, NaiveEntry Entry)> Fills { get; } = [];

    public List<(CellSet Set, NaiveEntry Entry)> Stored { get; } = [];

    public void Step()
    {
        var what = _random.Next(100);
        if (what < 30 && Fills.Count < 12) BeginFill();
        else if (what < 55 && Fills.Count > 0) EndFill(_random.Next(Fills.Count), store: _random.Next(5) > 0);
        else if (what < 70 && Stored.Count > 0) Drop(_random.Next(Stored.Count));
        else if (what >= 70) Assert.True(Table.Apply(Naive.Next([.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => AnySelector())], (InvalidationMode)_random.Next(2))));
    }

    public void LetAllGo()
    {
        while (Fills.Count > 0) EndFill(0, store: false);
        while (Stored.Count > 0) Drop(0);
    }

    private void BeginFill()
    {
        var ticket = Table.BeginFill();
        var host = "h" + _random.Next(3);
        Assert.Equal(Naive.Applied, ticket.Seq);
        Fills.Add((ticket, new NaiveEntry(host, $"{host}/{_random.Next(3)}/{_random.Next(4)}", [.. Enumerable.Range(0, _random.Next(4)).Select(_ => AnyTag()).Distinct()], ticket.Seq)));
    }

    private void EndFill(int at, bool store)
    {
        var (ticket, entry) = Fills[at];
        Fills.RemoveAt(at);
        if (store && Stored.Count < 30) Stored.Add((Table.Intern(ticket, entry.Host, entry.Url, entry.Tags), entry));
        ticket.Dispose();
    }

    private void Drop(int at)
    {
        Stored[at].Set.Dispose();
        Stored.RemoveAt(at);
    }

    private Selector AnyTag() => _random.Next(2) == 0 ? new(SelectorKind.Tag, "t" + _random.Next(12)) : Selector.OfGroup("http://h0", "g" + _random.Next(12));

    private Selector AnySelector() => _random.Next(20) switch
    {
        0 => Selector.All,
        < 3 => new Selector(SelectorKind.Host, "h" + _random.Next(3)),
        < 7 => new Selector(SelectorKind.Prefix, $"h{_random.Next(3)}/" + (_random.Next(2) == 0 ? "" : _random.Next(3) + "/" + (_random.Next(2) == 0 ? "" : _random.Next(4)))),
        < 12 => new Selector(SelectorKind.Url, $"h{_random.Next(3)}/{_random.Next(3)}/{_random.Next(4)}"),
        _ => AnyTag(),
    };
}
