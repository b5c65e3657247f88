using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Who sends the requests: more to some edges than to others, now few and now many.</summary>
internal sealed class Clients(World world)
{
    private readonly Random _random = world.Random;
    private double _rate;
    private int _sent;

    public void Start()
    {
        Turn();
        Next();
    }

    private void Turn()
    {
        _rate = world.Plan.Rate * (_random.Next(4) switch { 0 => 0.1, 3 => 3, _ => 1 });
        world.Agenda.In(TimeSpan.FromSeconds(_random.Next(1, 12)), Turn);
    }

    private void Next()
    {
        world.Agenda.In(TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / Math.Max(_rate, 0.5)), () =>
        {
            if (world.Agenda.Now >= world.Plan.Length) return;
            var edge = _random.Next(_random.Next(1, world.Edges.Count + 1));
            world.Edges[edge].Receive(Request(edge));
            Next();
        });
    }

    private SimRequest Request(int edge)
    {
        var kind = world.Plan.Kinds[_random.Next(world.Plan.Kinds.Count)];
        return new SimRequest(world, edge, $"r{_sent++}", kind)
        {
            Units = new Amounts
            {
                Requests = _random.Next(8) == 0 ? _random.Next(0, 4) : 1,
                InputTokens = _random.Next(1, 200),
                OutputTokens = _random.Next(1, 400),
                Cost = _random.Next(20) == 0 ? _random.Next(1, 5000) : _random.Next(1, 300),
                Concurrency = _random.Next(10) == 0 ? 2 : 1,
            },
            Priority = (byte)_random.Next(3),
            WaitMax = _random.Next(3) == 0 ? TimeSpan.FromMilliseconds(_random.Next(1, 5000)) : TimeSpan.Zero,
            Takes = TimeSpan.FromMilliseconds(_random.Next(20) == 0 ? _random.Next(30_000) : _random.Next(_random.Next(1, 4000))),
            End = (RequestEnd)Math.Min(_random.Next(_random.Next(5, 30)), (int)RequestEnd.Settled),
        };
    }
}
