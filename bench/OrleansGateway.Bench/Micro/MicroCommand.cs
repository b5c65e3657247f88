using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace OrleansGateway.Bench.Micro;

/// <summary><c>micro</c>: BenchmarkDotNet over the pieces that run for every request or event.</summary>
internal static class MicroCommand
{
    public static Command Create()
    {
        var folder = new Option<string>("--artifacts") { Description = "Folder for the reports.", DefaultValueFactory = _ => "artifacts/benchmarks" };
        var only = new Option<string>("--only") { Description = "Only the classes of benchmarks whose name has this in it.", DefaultValueFactory = _ => "" };
        var command = new Command("micro", "Time and allocations of the pieces of the hot path.") { folder, only };
        command.SetAction(parsed => Run(parsed.GetValue(folder)!, parsed.GetValue(only)!));
        return command;
    }

    // In this process: a project that BenchmarkDotNet generates would not see our internals, nor build under our rules.
    private static int Run(string folder, string only)
    {
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(folder);
        Type[] all = [typeof(StreamBenchmarks), typeof(BodyBenchmarks), typeof(KeyBenchmarks), typeof(AdmissionBenchmarks)];
        var summaries = BenchmarkRunner.Run(Array.FindAll(all, type => type.Name.Contains(only, StringComparison.OrdinalIgnoreCase)), config);
        return summaries.All(s => s.Reports.Length > 0 && s.Reports.All(r => r.Success)) ? 0 : 1;
    }
}
