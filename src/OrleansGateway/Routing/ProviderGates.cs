using System.Collections.Concurrent;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Routing;

/// <summary>The adaptive bounds of providers, by id: what they have found outlives reloads.</summary>
internal sealed class ProviderGates(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ProviderGate> _gates = new(StringComparer.Ordinal);

    /// <summary>The gate of a provider; none if it has no such bound.</summary>
    public ProviderGate? Of(Provider provider)
    {
        if (provider.Settings.AdaptiveConcurrency is not { } settings) return null;
        var gate = _gates.GetOrAdd(provider.Id, static (_, time) => new ProviderGate(time), time);
        gate.Adopt(settings);
        return gate;
    }
}

/// <summary>Lets calls pass to one provider, as many at once as it takes well.</summary>
internal sealed class ProviderGate(TimeProvider time)
{
    /// <summary>What a call gets that no provider had room for.</summary>
    public static readonly Failure Full = new(
        new Refusal(503, "provider_busy", "The providers of this model are busy. Try again.", RetryAfter: TimeSpan.FromSeconds(1)), TryNext: true) { NotSent = true };

    private volatile AdaptiveGate? _adaptive;
    private int _inFlight;

    public void Adopt(AdaptiveSettings settings) => _adaptive = AdaptiveGate.Of(settings, _adaptive, time);

    /// <summary>Lets an attempt begin, or not. One that has begun ends with <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        var before = Interlocked.Increment(ref _inFlight) - 1;
        if (_adaptive!.HasRoom(before)) return true;
        Interlocked.Decrement(ref _inFlight);
        return false;
    }

    /// <summary>An attempt has ended.</summary>
    /// <param name="failure">Why it failed; none if it answered.</param>
    /// <param name="toFirstByte">Time to the first byte of its answer; none if none came.</param>
    public void Leave(Failure? failure, TimeSpan? toFirstByte)
    {
        var inFlight = Interlocked.Decrement(ref _inFlight) + 1;
        var isOverloaded = failure is not null && (failure.Status ?? failure.Refusal.Status) is 429 or 503 or 504 or 529;
        // Other errors are often said at once: as answers they would make all others look slow.
        var outcome = isOverloaded ? AdaptiveOutcome.Overloaded : failure is null && toFirstByte is not null ? AdaptiveOutcome.Answered : AdaptiveOutcome.Unknown;
        _adaptive!.Note(outcome, toFirstByte ?? TimeSpan.Zero, inFlight);
    }
}
