namespace OrleansGateway.Usage.Reading;

/// <summary>Lets whoever asks for usage see what has just been used.</summary>
internal static class FreshUsage
{
    /// <summary>Waits until all that was written down is in the store, but no longer than so; answers how long it took, none if the time was up first.</summary>
    public static async Task<TimeSpan?> FreshAsync(this IUsageLog log, TimeSpan within, TimeProvider time, CancellationToken cancellation)
    {
        var from = time.GetTimestamp();
        using var patience = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await log.FlushAsync(either.Token);
            return time.GetElapsedTime(from);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
