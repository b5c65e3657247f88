namespace OrleansGateway.Models.Fake;

/// <summary>A fake provider's tokens: words with the space before them.</summary>
internal static class FakeTokens
{
    /// <summary>The pieces of a text; together they are the text.</summary>
    public static IEnumerable<string> Split(string text)
    {
        var from = 0;
        for (var at = 1; at < text.Length; at++)
        {
            if (!char.IsWhiteSpace(text[at]) || char.IsWhiteSpace(text[at - 1])) continue;
            yield return text[from..at];
            from = at;
        }

        if (from < text.Length) yield return text[from..];
    }

    /// <summary>Words of all messages.</summary>
    public static int Count(ChatRequest request) => request.Messages.Sum(m => m.Parts.Sum(Count));

    private static int Count(ContentPart part) => part switch
    {
        ContentPart.Text text => Split(text.Value).Count(),
        ContentPart.ToolResult result => result.Parts.Sum(Count),
        ContentPart.ToolCall call => Split(call.Arguments).Count(),
        _ => 1,
    };
}
