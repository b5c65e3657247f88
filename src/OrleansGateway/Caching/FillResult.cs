using OrleansGateway.Http;

namespace OrleansGateway.Caching;

/// <summary>What has come of a fill, once the head of the origin's answer says it.</summary>
internal enum FillKind : byte
{
    /// <summary>It cannot be stored: whoever began the fill passes it on as it comes, and nobody else sees any of it.</summary>
    Live,

    /// <summary>It will be stored, and all read its body as it comes.</summary>
    Coming,

    /// <summary>It is stored already: the origin said that what was there still holds.</summary>
    Stored,

    /// <summary>The origin failed, and what was there may be given all the same.</summary>
    Stale,

    /// <summary>There is no answer, for anyone.</summary>
    Refused,

    /// <summary>What came does not complete what is there, or does not speak of it: the whole is to be asked for.</summary>
    Again,
}

/// <summary>What has come of a fill.</summary>
/// <param name="Kind">Which it is.</param>
/// <param name="Status">Status of the origin's answer; 0 if there was none.</param>
/// <param name="Answer">The answer, where one may be given to many.</param>
/// <param name="Body">Its body, while that is coming.</param>
/// <param name="Refusal">Why there is no answer.</param>
/// <param name="Detail">Why it was not stored, for <c>Cache-Status</c>.</param>
internal sealed record FillResult(FillKind Kind, int Status = 0, CachedAnswer? Answer = null, FillBody? Body = null, Refusal? Refusal = null, string? Detail = null)
{
    /// <summary>Whether it is not fresh as it comes, so that each request needs one of its own, though it can be stored and confirmed later.</summary>
    public bool IsForOne { get; init; }
}
