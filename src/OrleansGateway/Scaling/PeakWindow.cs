namespace OrleansGateway.Scaling;

/// <summary>The highest of the numbers of the last while. Keeps only those that could still become the highest.</summary>
internal sealed class PeakWindow
{
    private readonly LinkedList<(TimeSpan At, int Number)> _falling = new();

    /// <summary>Takes a number, and answers the highest since <paramref name="window"/> ago. <paramref name="now"/> never goes back.</summary>
    public int Take(int number, TimeSpan window, TimeSpan now)
    {
        while (_falling.Last is { } last && last.Value.Number <= number) _falling.RemoveLast();
        _falling.AddLast((now, number));
        while (_falling.First!.Value.At < now - window) _falling.RemoveFirst();
        return _falling.First.Value.Number;
    }
}
