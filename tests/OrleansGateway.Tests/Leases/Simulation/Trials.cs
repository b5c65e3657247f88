namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>The runs by which the protocol is tried, called by the tests, and for mutants of the protocol from outside of their assembly. None is what a run that fails nothing says.</summary>
internal static class Trials
{
    /// <summary>One seed, and how long it ran in virtual time.</summary>
    public static string? Seed(int seed, out TimeSpan length)
    {
        World? world = null;
        try
        {
            world = new World(Plan.Of(seed));
            world.Run();
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Say($"seed {seed}", e, world);
        }
        finally
        {
            length = world?.Agenda.Now ?? TimeSpan.Zero;
        }
    }

    /// <summary>For mutants: the first of some seeds that fails.</summary>
    public static string? Seeds(int first, int count)
    {
        for (var seed = first; seed < first + count; seed++)
        {
            if (Seed(seed, out _) is { } failure) return failure;
        }

        return null;
    }

    public static string? Schedule(string name)
    {
        try
        {
            Schedules.All[name]();
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return Say(name, e, null);
        }
    }

    public static string[] ScheduleNames() => [.. Schedules.All.Keys];

    private static string Say(string run, Exception e, World? world)
    {
        var what = e is InvariantBroken ? e.Message : e.ToString();
        return world is null ? $"{run}: {what}" : $"{run}, step {world.Agenda.Steps}, {world.Agenda.Now}: {what}\n{world.Plan.Faults}\n{world.Trace}";
    }
}
