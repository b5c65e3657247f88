namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>The last things that happened, told when a run fails.</summary>
internal sealed class Trace(Agenda agenda)
{
    private const int Kept = 256;

    private readonly Queue<(TimeSpan At, long Step, Func<string> What)> _tail = new();

    /// <summary>The text is only made if the run fails: what it says must not change after.</summary>
    public void Note(Func<string> what)
    {
        if (_tail.Count == Kept) _tail.Dequeue();
        _tail.Enqueue((agenda.Now, agenda.Steps, what));
    }

    public override string ToString() =>
        string.Join('\n', _tail.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.At.TotalSeconds,12:F6} #{e.Step} {e.What()}")));
}
