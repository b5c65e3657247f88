namespace OrleansGateway.Cluster;

/// <summary>A question that is asked again while there is no answer, for what is safe to ask more than once.</summary>
/// <param name="Every">How long an answer has until the question is asked again, beside those that are on their way.</param>
/// <param name="Most">How often it is asked in all.</param>
internal sealed record Hedge(TimeSpan Every, int Most)
{
    /// <summary>The first answer that comes. Throws what was thrown last once all that were asked have failed, and <see cref="TimeoutException"/> once the last has had its time.</summary>
    /// <param name="ask">Asks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Ends the wait; the questions end by themselves.</param>
    public async Task<T> AskAsync<T>(Func<Task<T>> ask, TimeProvider time, CancellationToken cancellation)
    {
        var first = ask();
        if (!first.IsCompleted) await ((Task)first).WaitAsync(Every, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return first.IsCompleted ? await first : await AskAgainAsync(first, ask, time, cancellation);
    }

    private async Task<T> AskAgainAsync<T>(Task<T> first, Func<Task<T>> ask, TimeProvider time, CancellationToken cancellation)
    {
        var open = new List<Task<T>>(Most) { first };
        first.Ignore();
        for (var asked = 1; asked < Most; asked++)
        {
            cancellation.ThrowIfCancellationRequested();
            open.Add(ask());
            open[^1].Ignore();
            if (await EndedAsync(open, time, cancellation) is { } ended) return await ended;
        }

        cancellation.ThrowIfCancellationRequested();
        throw new TimeoutException($"None of {Most} questions was answered, the last within {Every.TotalMilliseconds} ms.");
    }

    /// <summary>One that was answered, or the last that failed; none if the time is over.</summary>
    private async Task<Task<T>?> EndedAsync<T>(List<Task<T>> open, TimeProvider time, CancellationToken cancellation)
    {
        var over = Task.Delay(Every, time, cancellation);
        while (true)
        {
            var ended = await Task.WhenAny([.. open, over]);
            if (ended is not Task<T> answer) return null;
            open.Remove(answer);
            if (answer.IsCompletedSuccessfully || open.Count == 0) return answer;
        }
    }
}
