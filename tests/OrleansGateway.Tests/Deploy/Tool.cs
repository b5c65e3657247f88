using System.Diagnostics;

namespace OrleansGateway.Tests.Deploy;

/// <summary>Programs that deploy/ is made for, where they are installed. `./gateway test` installs them where it can.</summary>
internal static class Tool
{
    /// <summary>For any of them, on a busy machine.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(3);

    public static string TextOf(string path) => File.ReadAllText(Repository.PathOf(path));

    /// <summary>Where a program is, or null.</summary>
    public static string? Find(string program)
    {
        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [];
        return folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
    }

    /// <summary>Runs one to its end, and gives its exit code and all that it printed. Skips the test where it is not installed.</summary>
    /// <param name="program">Its name, or its path.</param>
    /// <param name="folder">Where it runs, from the root of the repository.</param>
    /// <param name="arguments">What it is told.</param>
    public static Task<(int ExitCode, string Output)> RunAsync(string program, string folder, params IEnumerable<string> arguments) => RunAsync(program, folder, input: "", arguments);

    /// <summary>The same with what it is to read.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, string folder, string input, IEnumerable<string> arguments)
    {
        var file = Find(program);
        Assert.SkipWhen(file is null, $"{program} is not installed, which checks {folder}.");
        var start = new ProcessStartInfo(file!, arguments)
        {
            WorkingDirectory = Repository.PathOf(folder),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(s_deadline);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
