using OrleansGateway.Tests.Transcripts;

namespace OrleansGateway.Tests.Gateway;

/// <summary>The recorded exchanges that do not survive a translation, each with its reason; docs/translation.md names what they have in common.</summary>
internal static class KnownDifferences
{
    private const string WebSearch = "web_search_options is a search that only OpenAI's models do; refused with a 400 that says so";
    private const string UsageNotAskedFor = "the client did not ask for the stream's usage; these servers send it all the same, the translation does not";

    private static readonly Dictionary<string, string> s_reasons = new()
    {
        ["openai test_openai/test_openai_web_search_tool#0"] = WebSearch,
        ["openai test_openai/test_openai_web_search_tool_with_user_location#0"] = WebSearch,
        ["groq test_groq/test_tool_use_failed_error_streaming#2"] = UsageNotAskedFor,
        ["groq test_groq/test_tool_use_failed_error_streaming_with_text#1"] = UsageNotAskedFor,
        ["mistral test_mistral/test_mistral_model_thinking_part_iter#0"] = UsageNotAskedFor,
    };

    public static string? Of(Transcript transcript) => s_reasons.GetValueOrDefault(transcript.ToString());
}
