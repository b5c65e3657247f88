using OrleansGateway.Http;

namespace OrleansGateway.Routing;

/// <summary>Why a target did not answer, before anything reached the client.</summary>
/// <param name="Refusal">The failure in canonical form.</param>
/// <param name="TryNext">Whether another target may do better: not if the request itself is at fault.</param>
/// <param name="Status">Status of the provider's error answer; none if it gave none.</param>
/// <param name="Answer">The provider's own error answer, if it may be passed on as it is.</param>
internal sealed record Failure(Refusal Refusal, bool TryNext, int? Status = null, ErrorAnswer? Answer = null)
{
    /// <summary>Whether the target was never asked, because it cannot take the request. What another said, which was asked, tells the client more.</summary>
    public bool NotSent { get; init; }

    /// <summary>Whether the target may have begun to answer, and so bill, though nothing of it reached the client.</summary>
    public bool MayBeBilled { get; init; }
}

/// <summary>An error answer of a provider in the client's own dialect.</summary>
internal sealed record ErrorAnswer(string ContentType, string? RetryAfter, ReadOnlyMemory<byte> Body);
