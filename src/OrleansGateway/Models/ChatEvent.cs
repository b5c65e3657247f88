using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>
/// A step of an answer in no provider's words. A whole answer is the same steps at once, so that readers and writers need not care which of the two
/// the other side speaks. Order: <see cref="Start"/>, then pieces, then <see cref="Stop"/>, <see cref="Usage"/> and <see cref="End"/>.
/// </summary>
internal abstract record ChatEvent
{
    /// <summary>The answer begins. Input tokens are known now from Anthropic, only at the end from OpenAI.</summary>
    internal sealed record Start(string Id, string Model, long? CreatedAt, TokenUsage Tokens) : ChatEvent;

    internal sealed record Text(string Value) : ChatEvent;

    /// <summary>A new piece of text begins. Anthropic's answers have several text blocks; OpenAI's have one.</summary>
    internal sealed record TextBreak : ChatEvent;

    internal sealed record Reasoning(string Value) : ChatEvent;

    /// <summary>The thinking so far is complete, and this signs it.</summary>
    internal sealed record ReasoningSignature(string Value) : ChatEvent;

    internal sealed record RedactedReasoning(string Data) : ChatEvent;

    /// <summary>The model declines, in OpenAI's <c>refusal</c> field.</summary>
    internal sealed record Refused(string Value) : ChatEvent;

    /// <summary>A tool call begins. <c>Index</c> counts the calls of the answer from 0.</summary>
    internal sealed record ToolCallStart(int Index, string Id, string Name) : ChatEvent;

    /// <summary>The next characters of a call's arguments; may end anywhere in the JSON.</summary>
    internal sealed record ToolCallArguments(int Index, string Fragment) : ChatEvent;

    /// <summary>The call is complete. Anthropic says so; OpenAI leaves it to the end of the answer.</summary>
    internal sealed record ToolCallEnd(int Index) : ChatEvent;

    internal sealed record Stop(StopReason Reason, string? Sequence = null) : ChatEvent;

    internal sealed record Usage(TokenUsage Tokens) : ChatEvent;

    /// <summary>Nothing has happened, but the connection lives.</summary>
    internal sealed record Ping : ChatEvent;

    /// <summary>The provider reports that it failed in the middle of the answer.</summary>
    internal sealed record Error(string Type, string Message) : ChatEvent;

    /// <summary>The provider says that the answer is complete.</summary>
    internal sealed record End : ChatEvent;
}

/// <summary>Why a model stopped.</summary>
internal enum StopReason
{
    /// <summary>It was done.</summary>
    EndTurn,

    /// <summary>It wrote one of the request's stop sequences.</summary>
    StopSequence,

    /// <summary>It reached the allowed number of output tokens.</summary>
    MaxTokens,

    /// <summary>It reached the end of its context window.</summary>
    ContextWindow,

    /// <summary>It waits for the results of tool calls.</summary>
    ToolCalls,

    /// <summary>It, or a filter, declined.</summary>
    ContentFilter,

    /// <summary>It paused a long turn; the client may send the answer back to go on (Anthropic).</summary>
    Pause,
}
