using System.Collections.Frozen;
using OrleansGateway.Http;

namespace OrleansGateway.Caching.Models;

/// <summary>
/// What reaches a provider and cannot change what the model says: all that a key leaves out. Everything else counts, also what this program has never heard of.
/// docs/model-caching.md tells the reason of each name. Read against OpenAI's reference (github.com/openai/openai-openapi, openapi.yaml of 2026-08-21: CreateChatCompletionRequest,
/// CreateModelResponseProperties, CreateEmbeddingRequest) and Anthropic's (platform.claude.com/docs/en/api/messages/create). Gemini is asked by its OpenAI endpoint only.
/// </summary>
internal static class NeutralFields
{
    private static readonly FrozenSet<string> s_openAI = FrozenSet.Create(
        StringComparer.Ordinal,
        // The form of the answer, not its words; a stored answer is given in either.
        "stream",
        "stream_options",
        // Who asks, for the vendor's search for abuse; user also for its prompt cache.
        "user",
        "safety_identifier",
        // Labels of the vendor's own list of calls.
        "metadata",
        // Where the vendor keeps the beginning of the prompt, how long, and where that ends.
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
        // Whether the vendor keeps the answer for its list of calls. With true the call is not cached at all.
        "store");

    // Of metadata only user_id is known: who asks, for the vendor's search for abuse.
    private static readonly FrozenSet<string> s_anthropic = FrozenSet.Create(StringComparer.Ordinal, "stream", "metadata");

    private static readonly FrozenSet<string> s_headers = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        // The form of the answer.
        "Accept",
        // Names of this one call, of its trace, and of its retry.
        "X-Client-Request-Id",
        "traceparent",
        "tracestate",
        "Idempotency-Key");

    /// <summary>Members of a request's body.</summary>
    public static IReadOnlySet<string> Of(Dialect dialect) => dialect == Dialect.Anthropic ? s_anthropic : s_openAI;

    /// <summary>Whether a header field of a request counts.</summary>
    public static bool Counts(string header) => !s_headers.Contains(header);
}
