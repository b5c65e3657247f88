namespace OrleansGateway.Http;

/// <summary>The API a client speaks, and so the shape in which it expects an error.</summary>
internal enum Dialect
{
    /// <summary>Plain HTTP: problem details, RFC 9457.</summary>
    Problem,

    /// <summary>OpenAI's API.</summary>
    OpenAI,

    /// <summary>Anthropic's API.</summary>
    Anthropic,
}

/// <summary>
/// A request turned away, or one that could not be answered, on purpose. <c>Code</c> is part of the API and never changes;
/// <c>Message</c> is for people and names what would be right; <c>Param</c> is the field to blame.
/// </summary>
internal sealed record Refusal(int Status, string Code, string Message, string? Param = null, TimeSpan? RetryAfter = null)
{
    /// <summary>What kind of error it is to OpenAI's clients, where the status does not say it.</summary>
    public string? Type { get; init; }

    /// <summary>Whether the same request would be turned away again however soon it comes: SDKs, which try a 429 again, are told not to.</summary>
    public bool IsFinal { get; init; }

    /// <summary>Name of the rule whose limit it would have gone over; none if there is no such.</summary>
    public string? Rule { get; init; }

    public static Refusal BadRequest(string code, string message, string? param = null) => new(400, code, message, param);

    public static Refusal NotAuthenticated(string message) => new(401, "invalid_api_key", message);

    public static Refusal Forbidden(string code, string message) => new(403, code, message);

    public static Refusal NotFound(string code, string message) => new(404, code, message);

    public static Refusal BodyTooLarge(long bytesMax) =>
        new(413, "request_too_large", $"The request body is larger than the {bytesMax} bytes allowed.");

    public static Refusal BadGateway(string message) => new(502, "upstream_error", message);

    public static Refusal Overloaded(TimeSpan retryAfter) =>
        new(503, "overloaded", "The gateway has more to do than it can; try again later.", RetryAfter: retryAfter);

    /// <summary>Only for the records: by then there is no connection left to write it on.</summary>
    public static Refusal GatewayStopped { get; } = new(503, "gateway_stopped", "The gateway stopped before the request was finished.");

    public static Refusal GatewayTimeout(string message) => new(504, "upstream_timeout", message);
}
