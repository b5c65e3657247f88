using OrleansGateway.Tests.Sdk;

namespace OrleansGateway.Tests.Transcripts;

/// <summary>The recorded exchanges, read as they are asked for. Where they are missing the test is skipped.</summary>
internal static class TranscriptFiles
{
    /// <summary>Providers that speak OpenAI's Chat Completions.</summary>
    private static readonly string[] s_chatProviders = ["cerebras", "deepseek", "groq", "mistral", "openai", "openrouter"];

    /// <summary>Chat Completions exchanges, errors and streams included.</summary>
    public static IEnumerable<Transcript> OpenAIChat() =>
        s_chatProviders.SelectMany(Of).Where(t => t is { Method: "POST" } && t.PathOnly.EndsWith("/chat/completions", StringComparison.Ordinal));

    /// <summary>Anthropic Messages exchanges, errors and streams included; counting tokens is not one.</summary>
    public static IEnumerable<Transcript> AnthropicMessages() =>
        Of("anthropic").Where(t => t is { Method: "POST", PathOnly: "/v1/messages" });

    /// <summary>All exchanges of one provider.</summary>
    public static IEnumerable<Transcript> Of(string provider)
    {
        var file = Path.Combine(SharedData.FolderOrSkip(), "transcripts", provider + ".jsonl");
        return File.ReadLines(file).Where(line => line.Length > 0).Select(Transcript.Parse);
    }
}
