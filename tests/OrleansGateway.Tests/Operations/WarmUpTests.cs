namespace OrleansGateway.Tests.Operations;

/// <summary>Running the way of a request before the first one comes.</summary>
public sealed class WarmUpTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // The clock stands still: only what the machine does decides how far it comes.
    [Fact(Timeout = 60_000)]
    public async Task Run_WithTimeEnough_MakesAllCallsAndFailsInNone()
    {
        var log = new ListLogger<WarmUp>();
        await WarmUp.RunAsync(new ManualTime(), log, Cancel);
        Assert.Equal(["Debug 1006 Warmed up with 40 calls in 0 ms"], log.Lines);
    }

    [Fact(Timeout = 60_000)]
    public async Task Run_WhenTheProgramIsToldToStop_Ends()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => WarmUp.RunAsync(TimeProvider.System, new ListLogger<WarmUp>(), stopped.Token));
    }

    [Fact(Timeout = 60_000)]
    public async Task Serve_ThatHasWarmedUp_ShowsNoTraceOfIt()
    {
        using var folder = new OperationsFolder();
        await using var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel);
        using var client = new HttpClient();
        var metrics = await client.GetStringAsync(new Uri(gateway.Admin, "/metrics"), Cancel);
        Assert.DoesNotContain("http_server_request_duration_seconds", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("gateway_tokens_total{", metrics, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.PathOf("access.log")));
        Assert.DoesNotContain("ot warmed up", gateway.Errors.Text, StringComparison.Ordinal);
    }
}
