using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Auth.Jwt;

/// <summary>What came of a token: who calls, or why it is refused.</summary>
/// <param name="Caller">Who calls; none if it is refused.</param>
/// <param name="Refusal">The answer; none if it is accepted.</param>
/// <param name="Reason">For the log, never with any of the token's text.</param>
internal readonly record struct TokenVerdict(Caller? Caller, Refusal? Refusal, string Reason)
{
    private static readonly Refusal Expired = new(401, "token_expired", "The token has expired. Ask its issuer for a new one.");
    private static readonly Refusal NotAllowed = Refusal.Forbidden("token_not_allowed", "The token is valid, but its claims do not give access here.");

    public static TokenVerdict Accepted(Caller caller) => new(caller, null, "");

    /// <summary>RFC 6750 §3.1: whatever is wrong with a token has one code.</summary>
    public static TokenVerdict Invalid(string reason) => new(null, new Refusal(401, "invalid_token", $"The token is not valid: {reason}."), reason);

    public static TokenVerdict TooOld() => new(null, Expired, "it has expired");

    public static TokenVerdict Forbidden(string reason) => new(null, NotAllowed, reason);

    /// <summary>Not the caller's fault, so no 401: its SDK would throw the token away.</summary>
    public static TokenVerdict NoKeys(TimeSpan retryAfter) => new(
        null,
        new Refusal(503, "token_keys_unavailable", "The keys of the token's issuer cannot be had at the moment, so it cannot be checked. Try again.", RetryAfter: retryAfter),
        "the issuer's keys cannot be had");
}
