namespace OrleansGateway.Cluster;

/// <summary>A question that is asked a second time if there is no answer for a while, for what is safe to ask again.</summary>
internal static class Hedge
{
    /// <summary>The first answer that comes. Throws what was thrown last if both fail, and what was thrown first if that is before the second.</summary>
    /// <param name="ask">Asks.</param>
    /// <param name="after">How long the first has until it is asked again.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the wait for the second; the questions end by themselves.</param>
    public static async Task<T> AskAsync<T>(Func<Task<T>> ask, TimeSpan after, TimeProvider time, CancellationToken cancellation)
    {
        var first = ask();
        if (!first.IsCompleted) await ((Task)first).WaitAsync(after, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first.IsCompleted || cancellation.IsCancellationRequested) return await first;
        var second = ask();
        var earlier = await Task.WhenAny(first, second);
        var later = earlier == first ? second : first;
        if (!earlier.IsCompletedSuccessfully) (earlier, later) = (later, earlier);
        later.Ignore();
        return await earlier;
    }
}
