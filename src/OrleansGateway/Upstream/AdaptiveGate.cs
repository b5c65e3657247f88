using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream;

/// <summary>An adaptive bound that many threads ask. Who asks counts what is in flight.</summary>
internal sealed class AdaptiveGate(AdaptiveSettings settings, TimeProvider time)
{
    private readonly AdaptiveLimit _limit = new(settings);
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();

    /// <summary>Requests that may be in flight now.</summary>
    public int Limit
    {
        get
        {
            lock (_lock) return _limit.Limit;
        }
    }

    /// <summary>The gate by other settings: the same one if they are the same, so that a reload loses nothing it has found; none if there are none.</summary>
    public static AdaptiveGate? Of(AdaptiveSettings? settings, AdaptiveGate? known, TimeProvider time)
    {
        if (settings is null) return null;
        return known is not null && known.Settings == settings ? known : new AdaptiveGate(settings, time);
    }

    private AdaptiveSettings Settings => settings;

    /// <inheritdoc cref="AdaptiveLimit.HasRoom"/>
    public bool HasRoom(int inFlight)
    {
        lock (_lock) return _limit.HasRoom(inFlight);
    }

    /// <inheritdoc cref="AdaptiveLimit.Note"/>
    public void Note(AdaptiveOutcome outcome, TimeSpan took, int inFlight)
    {
        var now = time.GetElapsedTime(_start);
        lock (_lock) _limit.Note(outcome, took, inFlight, now);
    }
}
