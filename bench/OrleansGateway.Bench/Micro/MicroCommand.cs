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
        var command = new Command("micro", "Time and allocations of the pieces of the hot path.") { folder };
        command.SetAction(parsed => Run(parsed.GetValue(folder)!));
        return command;
    }

    // In this process: a project that BenchmarkDotNet generates would not see our internals, nor build under our rules.
    private static int Run(string folder)
    {
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .WithArtifactsPath(folder);
        var summaries = BenchmarkRunner.Run([typeof(StreamBenchmarks), typeof(BodyBenchmarks), typeof(KeyBenchmarks), typeof(AdmissionBenchmarks)], config);
        return summaries.All(s => s.Reports.Length > 0 && s.Reports.All(r => r.Success)) ? 0 : 1;
    }
}
