using System.Buffers;
using OrleansGateway.Http;

namespace OrleansGateway.Models.Relays;

/// <summary>
/// Turns the events of a provider's stream into those of the client's, one at a time, and notes what the call came to. Passing through and translating are
/// its two ways.
/// </summary>
internal interface IEventRelay
{
    /// <summary>Takes the next event and writes what the client gets of it, which may be nothing.</summary>
    RelayStep Take(in SseEvent sse, IBufferWriter<byte> output);

    /// <summary>Takes the proper end of the stream; false if the answer is not whole, for then it was cut.</summary>
    bool Finish(IBufferWriter<byte> output);

    /// <summary>Ends the answer in the middle, for its limit of tokens is reached: in the words in which the provider itself would say so, with this usage.</summary>
    void EndAtLimit(TokenUsage usage, IBufferWriter<byte> output);

    /// <summary>Whether the provider has said that the answer is complete: nothing that comes after can spoil it.</summary>
    bool IsComplete { get; }

    /// <summary>What the provider said went wrong; none while nothing did.</summary>
    Refusal? Failure { get; }

    /// <summary>Whether the provider's own words for it are in what was written, so that no others are needed.</summary>
    bool ShowsFailure { get; }

    TokenUsage? Usage { get; }

    string? FinishReason { get; }
}

/// <summary>What an event means for the relay's host.</summary>
internal enum RelayStep
{
    /// <summary>Nothing yet: a comment or a ping, which must not keep another provider from being tried.</summary>
    Idle,

    /// <summary>A part of the answer.</summary>
    Content,

    /// <summary>The provider says it failed: <see cref="IEventRelay.Failure"/>.</summary>
    Failed,
}
