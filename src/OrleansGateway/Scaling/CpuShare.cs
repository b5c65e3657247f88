namespace OrleansGateway.Scaling;

/// <summary>Share of the processors it may use that a process has used in the last 10 s, from the processor time it has used since its start.</summary>
internal sealed class CpuShare
{
    /// <summary>How far back it looks: a garbage collection is not the load.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Queue<(TimeSpan At, TimeSpan Used)> _looks = [];

    /// <summary>
    /// Takes a look; 1 is all of the processors. 0 until it has looked for the whole time: what a process does at its start is not the load. And the others, whose last 10 s are from before it
    /// came, still show what it has taken from them since: both together would ask for one node too many each time that one is added.
    /// </summary>
    /// <param name="used">Processor time since the start of the process.</param>
    /// <param name="cores">Processors that it may use.</param>
    /// <param name="now">Never goes back.</param>
    public double Take(TimeSpan used, double cores, TimeSpan now)
    {
        // The last one before the window began is the one to compare with.
        while (_looks.Count > 1 && _looks.ElementAt(1).At <= now - Window) _looks.Dequeue();
        _looks.Enqueue((now, used));
        var (since, before) = _looks.Peek();
        return now - since >= Window ? (used - before) / (now - since) / cores : 0;
    }
}
