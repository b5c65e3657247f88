namespace OrleansGateway.Models.OpenAI;

/// <summary>
/// OpenAI's <c>finish_reason</c>. It has fewer values than Anthropic's <c>stop_reason</c>; those it cannot tell apart stand in
/// <c>native_finish_reason</c> beside it (OpenRouter's name), so that nothing is lost on the way.
/// </summary>
internal static class OpenAIFinishReason
{
    public static string Write(StopReason reason) => reason switch
    {
        StopReason.MaxTokens or StopReason.ContextWindow => "length",
        StopReason.ToolCalls => "tool_calls",
        StopReason.ContentFilter => "content_filter",
        _ => "stop",
    };

    /// <summary>The provider's own word, for the reasons that <c>finish_reason</c> cannot tell; none for the others.</summary>
    public static string? Native(StopReason reason) => reason switch
    {
        StopReason.StopSequence => "stop_sequence",
        StopReason.ContextWindow => "model_context_window_exceeded",
        StopReason.Pause => "pause_turn",
        _ => null,
    };

    public static StopReason Read(string finishReason, string? native) => (finishReason, native) switch
    {
        (_, "stop_sequence") => StopReason.StopSequence,
        (_, "model_context_window_exceeded") => StopReason.ContextWindow,
        (_, "pause_turn") => StopReason.Pause,
        ("length" or "model_length", _) => StopReason.MaxTokens,
        ("tool_calls" or "function_call", _) => StopReason.ToolCalls,
        ("content_filter", _) => StopReason.ContentFilter,
        _ => StopReason.EndTurn,
    };
}
