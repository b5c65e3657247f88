using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Caching.Models;

/// <summary>Tells requests whose answer is drawn at random, or depends on the world outside, from those that a model answers as well as it can each time.</summary>
internal static class Sampling
{
    // Tools that the client runs. What a provider runs (a search, code) may find something else the next time.
    private static readonly string[] s_clientTools = ["custom", "function", "bash_", "text_editor_", "computer_", "memory_"];

    /// <summary>Whether asking again may give another answer.</summary>
    /// <param name="dialect">What the provider speaks.</param>
    /// <param name="body">The request's body.</param>
    public static bool IsSampled(Dialect dialect, JsonElement body)
    {
        if (body.Member("web_search_options") is not null || body.Member("mcp_servers") is not null || body.Member("container") is not null) return true;
        if (body.Items("tools").Any(IsRunByProvider)) return true;
        // All defaults are above 0.
        var isCold = body.Member("temperature") is { ValueKind: JsonValueKind.Number } temperature && temperature.TryGetDouble(out var degrees) && degrees == 0;
        var isSeeded = dialect == Dialect.OpenAI && body.Member("seed") is { ValueKind: JsonValueKind.Number };
        return !isCold && !isSeeded;
    }

    private static bool IsRunByProvider(JsonElement tool) =>
        tool.Text("type") is { } type && !Array.Exists(s_clientTools, client => type.StartsWith(client, StringComparison.Ordinal));
}
