using OrleansGateway.Http;

namespace OrleansGateway.Routing;

/// <summary>Why a target did not answer, before anything reached the client.</summary>
/// <param name="Refusal">The failure in canonical form.</param>
/// <param name="TryNext">Whether another target may do better: not if the request itself is at fault.</param>
/// <param name="Answer">The provider's own error answer, if it may be passed on as it is.</param>
internal sealed record Failure(Refusal Refusal, bool TryNext, ErrorAnswer? Answer = null);

/// <summary>An error answer of a provider in the client's own dialect.</summary>
internal sealed record ErrorAnswer(string ContentType, string? RetryAfter, ReadOnlyMemory<byte> Body);
