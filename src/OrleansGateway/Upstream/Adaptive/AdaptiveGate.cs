using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream.Adaptive;

/// <summary>The adaptive bound of one upstream or provider. Outlives the configuration that states it: what was found out stays.</summary>
internal sealed class AdaptiveGate(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private AdaptiveLimit _limit;
    private AdaptiveSettings _settings = new();

    /// <summary>Most requests that may be in flight now.</summary>
    public int Bound
    {
        get { lock (_lock) return _limit.Bound; }
    }

    /// <summary>Lets a request in, unless there are as many as may be. Each that is let in leaves once.</summary>
    public bool TryEnter(AdaptiveSettings settings)
    {
        lock (_lock)
        {
            _settings = settings;
            return _limit.TryBegin(settings, time.GetElapsedTime(_start));
        }
    }

    public void Leave(AdaptiveSignal signal, TimeSpan toHead)
    {
        lock (_lock) _limit.End(_settings, signal, toHead, time.GetElapsedTime(_start));
    }
}
