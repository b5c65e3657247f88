namespace OrleansGateway.Tests.Fuzz;

/// <summary>
/// Whatever clients and upstreams say, the gateway lives, answers in HTTP, mixes nobody's bytes with another's, and keeps nothing. What it is said is drawn
/// from a seed: a failure names the seed and the case, and <c>FUZZ_SEED</c> and <c>FUZZ_CASE</c> replay it; <c>FUZZ_SECONDS</c> says for how long.
/// </summary>
public sealed class FuzzTests
{
    /// <summary>Growth that is none: heaps breathe, pools fill.</summary>
    private const long GrowthBytesMax = 100L << 20;

    /// <summary>Descriptors that may stay open: connections to upstreams are kept for the next request.</summary>
    private const int DescriptorsMore = 24;

    private static readonly TimeSpan s_restDeadline = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gateway_ToldAnything_NeitherCrashesNorHangsNorLeaks()
    {
        var settings = FuzzSettings.Read();
        Console.WriteLine($"Fuzzing for {settings.Duration.TotalSeconds} s with FUZZ_SEED={settings.Seed}");
        await using var steady = new FuzzOrigin(settings.Seed, isSteady: true);
        await using var unsteady = new FuzzOrigin(settings.Seed, isSteady: false);
        await using var gateway = await FuzzGateway.StartAsync(steady.Url, unsteady.Url, Cancel);
        var descriptors = gateway.Descriptors;
        var run = new FuzzRun(settings, gateway, [steady, unsteady]);

        // The first part fills caches and pools: growth is measured from what is in use after it.
        await run.GoOnAsync(settings.Duration / 4, Cancel);
        var warm = gateway.ResidentBytes;
        await run.GoOnAsync(settings.Duration * 3 / 4, Cancel);

        run.AssertWorthIt();
        await AssertAtRestAsync(gateway, descriptors + DescriptorsMore);
        var resident = gateway.ResidentBytes;
        Assert.True(resident < warm + GrowthBytesMax, $"From {warm >> 20} MiB to {resident >> 20} MiB; FUZZ_SEED={settings.Seed}");
        await gateway.StopAsync(Cancel);
        AssertNone("lines of the log that no client may cause", gateway.FreshErrorLines());
        AssertNone("lines of the access log that are broken or tell a secret", gateway.BrokenAccessLines());
        Console.WriteLine($"Fuzzed with {run.Cases} cases, from {warm >> 20} MiB to {resident >> 20} MiB");
    }

    /// <summary>Within a while of the last client it serves nobody, and has closed what it had opened for them.</summary>
    private static async Task AssertAtRestAsync(FuzzGateway gateway, int descriptorsMax)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(s_restDeadline);
        while (await gateway.ActiveRequestsAsync(Cancel) is var active && (active != 0 || gateway.Descriptors > descriptorsMax))
        {
            Assert.False(deadline.IsCancellationRequested, $"{active} requests in flight and {gateway.Descriptors} descriptors open, of {descriptorsMax} allowed, after all clients have gone");
            await Task.Delay(TimeSpan.FromMilliseconds(100), Cancel);
        }
    }

    private static void AssertNone(string what, IEnumerable<string> lines)
    {
        var found = lines.Take(5).ToArray();
        Assert.True(found.Length == 0, $"There are {what}:\n{string.Join('\n', found)}");
    }
}
