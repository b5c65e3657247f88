namespace OrleansGateway.Models.Anthropic;

/// <summary>Anthropic's <c>stop_reason</c>.</summary>
internal static class AnthropicStopReason
{
    public static StopReason Read(string reason) => reason switch
    {
        "max_tokens" => StopReason.MaxTokens,
        "stop_sequence" => StopReason.StopSequence,
        "tool_use" => StopReason.ToolCalls,
        "refusal" => StopReason.ContentFilter,
        "pause_turn" => StopReason.Pause,
        "model_context_window_exceeded" => StopReason.ContextWindow,
        _ => StopReason.EndTurn,
    };

    public static string Write(StopReason reason) => reason switch
    {
        StopReason.MaxTokens => "max_tokens",
        StopReason.StopSequence => "stop_sequence",
        StopReason.ToolCalls => "tool_use",
        StopReason.ContentFilter => "refusal",
        StopReason.Pause => "pause_turn",
        StopReason.ContextWindow => "model_context_window_exceeded",
        _ => "end_turn",
    };
}
