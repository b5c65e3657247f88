namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>What is to happen when, in true time. Of two things at the same instant the one that was put in first comes first, so that a seed always gives the same run.</summary>
internal sealed class Agenda
{
    private readonly PriorityQueue<Action, (long At, long Order)> _queue = new();
    private long _order;

    /// <summary>True time since the start of the run. No machine knows it.</summary>
    public TimeSpan Now { get; private set; }

    public long Steps { get; private set; }

    public void At(TimeSpan at, Action action) => _queue.Enqueue(action, ((at > Now ? at : Now).Ticks, _order++));

    public void In(TimeSpan delay, Action action) => At(Now + delay, action);

    /// <summary>Lets happen all that is due up to an instant, and stops there.</summary>
    public void RunUntil(TimeSpan end)
    {
        while (_queue.TryPeek(out _, out var due) && due.At <= end.Ticks)
        {
            var action = _queue.Dequeue();
            Now = new TimeSpan(due.At);
            Steps++;
            action();
        }

        Now = end;
    }
}
