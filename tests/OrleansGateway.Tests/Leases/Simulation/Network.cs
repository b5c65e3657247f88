namespace OrleansGateway.Tests.Leases.Simulation;

/// <summary>Carries messages: most in a millisecond or so, some late, twice, in another order, or not at all.</summary>
internal sealed class Network(Agenda agenda, Random random, Faults faults)
{
    private readonly HashSet<int> _cutOff = [];

    /// <summary>Whether anything goes wrong still.</summary>
    public bool IsFaulty { get; set; } = true;

    public void CutOff(int edge) => _cutOff.Add(edge);

    public void Reconnect(int edge) => _cutOff.Remove(edge);

    public bool IsCutOff(int edge) => _cutOff.Contains(edge);

    /// <param name="edge">The edge at one end of the way.</param>
    /// <param name="deliver">What happens at the other end.</param>
    public void Send(int edge, Action deliver)
    {
        if (_cutOff.Contains(edge) || Chance(faults.Lost)) return;
        agenda.In(Delay(), deliver);
        if (Chance(faults.Doubled)) agenda.In(Delay(), deliver);
    }

    private TimeSpan Delay() =>
        Chance(faults.Late) ? TimeSpan.FromMilliseconds(random.Next(100, 8000)) : TimeSpan.FromMicroseconds(100 + random.Next(random.Next(1, 20_000)));

    private bool Chance(int perMille) => IsFaulty && random.Next(1000) < perMille;
}
