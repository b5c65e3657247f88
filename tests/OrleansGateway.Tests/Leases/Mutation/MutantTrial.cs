using System.Reflection;
using System.Runtime.Loader;

namespace OrleansGateway.Tests.Leases.Mutation;

/// <summary>What finds a mutant out: directed schedules first, for they are quick, then seeds.</summary>
internal static class MutantTrial
{
    /// <summary>The schedule, or how many seeds it took; none if it lives.</summary>
    public static MutantResult Try(MutantCompiler compiler, Mutant mutant, int seeds)
    {
        var context = compiler.Compile(mutant);
        try
        {
            var trials = Type(context);
            foreach (var name in (string[])Call(trials, "ScheduleNames")!)
            {
                if (Call(trials, "Schedule", name) is string failure) return new MutantResult(mutant, name, failure);
            }

            for (var seed = 1; seed <= seeds; seed++)
            {
                if (Call(trials, "Seeds", seed, 1) is string failure) return new MutantResult(mutant, $"{seed} seeds", failure);
            }

            return new MutantResult(mutant, null, null);
        }
        finally
        {
            context.Unload();
        }
    }

    private static Type Type(AssemblyLoadContext context) => context.Assemblies.Single().GetType("OrleansGateway.Tests.Leases.Simulation.Trials", throwOnError: true)!;

    private static object? Call(Type trials, string method, params object[] arguments) => trials.GetMethod(method, BindingFlags.Static | BindingFlags.Public)!.Invoke(null, arguments);
}

/// <param name="Mutant">Which.</param>
/// <param name="KilledBy">What found it out; none if nothing did.</param>
/// <param name="Failure">What that said.</param>
internal sealed record MutantResult(Mutant Mutant, string? KilledBy, string? Failure);
