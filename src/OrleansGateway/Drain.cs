using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;

namespace OrleansGateway;

/// <summary>The gateway's way out of service: not ready, then no new connections, then whatever is left is cut off.</summary>
internal sealed class Drain(DataListeners listeners, Readiness readiness, GatewayMetrics metrics, TimeProvider time)
{
    /// <summary>
    /// Longest wait for connections while no request is in flight. They are in the middle of sending a request's head, or of taking the last bytes of an answer;
    /// Kestrel by itself would wait for the one until its own timeout for heads, and for the other until it closes.
    /// </summary>
    private static readonly TimeSpan s_quietMax = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_lookPeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>Returns when all requests are finished or cut off.</summary>
    public async Task RunAsync(Func<GatewaySettings> settings)
    {
        readiness.MarkDraining();
        await Task.Delay(settings().DrainDelay, time, CancellationToken.None);
        using var cut = new CancellationTokenSource();
        var drained = listeners.DrainAsync(cut.Token);
        await WaitAsync(drained, settings().DrainTimeout);
        if (!drained.IsCompleted)
        {
            // Before it is done, so that the requests know who cut them off.
            readiness.MarkCuttingOff();
            await cut.CancelAsync();
        }

        await drained;
    }

    private async Task WaitAsync(Task drained, TimeSpan timeout)
    {
        var (began, busyAt) = (time.GetTimestamp(), time.GetTimestamp());
        while (time.GetElapsedTime(began) is var waited && waited < timeout && time.GetElapsedTime(busyAt) < s_quietMax)
        {
            using var looked = new CancellationTokenSource();
            var rest = timeout - waited;
            await Task.WhenAny(drained, Task.Delay(rest < s_lookPeriod ? rest : s_lookPeriod, time, looked.Token));
            await looked.CancelAsync();
            if (drained.IsCompleted) return;
            if (metrics.RequestsInFlight > 0) busyAt = time.GetTimestamp();
        }
    }
}
