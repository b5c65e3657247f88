using OrleansGateway.Leases;

namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>How much of a bucket many edges let through, of what one bucket on one machine would have, when all want twice as much and nothing goes wrong.</summary>
internal static class Utilisation
{
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(3);

    public static (long Admitted, long Ideal) Of(int seed, int edges)
    {
        var spec = new AccountSpec { Kind = AccountKind.Bucket, Dimension = Dimension.Requests, Limit = 200, Refill = 100, Time = TimeSpan.FromSeconds(1) };
        var account = new AccountPlan("owner", new AccountId("rule", "a"), spec);
        var world = new World(new Plan { Seed = seed, Edges = edges, Accounts = [account], Kinds = [[0]], Rate = 200, Faults = Faults.None, Length = Length });
        var ideal = new IdealBucket(spec.Limit, spec.Refill, spec.Time, fastPpm: 0);
        var (random, admitted, wouldBe) = (new Random(seed), 0L, 0L);
        Next();
        world.Agenda.RunUntil(Length);
        return (admitted, wouldBe);

        void Next() => world.Agenda.In(TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / 200), () =>
        {
            if (ideal.Take(1, world.Agenda.Now)) wouldBe++;
            else ideal.PutBack(1, world.Agenda.Now);
            var request = new SimRequest(world, 0, "r", [0])
            {
                Units = new Amounts { Requests = 1 }, Priority = 1, WaitMax = TimeSpan.Zero, Takes = TimeSpan.FromMilliseconds(random.Next(50)), End = RequestEnd.UsedUp,
                Through = () => admitted++,
            };
            world.Edges[random.Next(random.Next(1, edges + 1))].Receive(request);
            Next();
        });
    }
}
