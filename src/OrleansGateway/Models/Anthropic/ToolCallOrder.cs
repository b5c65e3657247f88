using System.Text;

namespace OrleansGateway.Models.Anthropic;

/// <summary>
/// Puts the pieces of parallel tool calls one call after the other, as Anthropic's blocks must come. OpenAI's chunks may mix them and never say that a
/// call is complete. The first call streams; the next begins as soon as the arguments so far are whole JSON, and is held back until then.
/// </summary>
internal sealed class ToolCallOrder
{
    private readonly JsonEnd _arguments = new();
    private readonly List<ChatEvent.ToolCallStart> _waiting = [];
    private readonly Dictionary<int, StringBuilder> _held = [];
    private int? _current;

    public IEnumerable<ChatEvent> Take(ChatEvent step)
    {
        switch (step)
        {
            case ChatEvent.ToolCallStart start:
                return TakeStart(start);
            case ChatEvent.ToolCallArguments arguments when arguments.Index == _current:
                _arguments.Scan(arguments.Fragment);
                return _waiting.Count > 0 && _arguments.IsWhole ? [arguments, .. EndCurrent()] : [arguments];
            case ChatEvent.ToolCallArguments arguments when _held.TryGetValue(arguments.Index, out var held):
                held.Append(arguments.Fragment);
                return [];
            case ChatEvent.ToolCallEnd end when end.Index == _current:
                return EndCurrent();
            case ChatEvent.ToolCallArguments or ChatEvent.ToolCallEnd:
                return [];
            default:
                return [step];
        }
    }

    /// <summary>What is still held back when the answer ends.</summary>
    public IEnumerable<ChatEvent> Finish()
    {
        while (_current is not null)
        {
            foreach (var step in EndCurrent()) yield return step;
        }
    }

    private List<ChatEvent> TakeStart(ChatEvent.ToolCallStart start)
    {
        if (_current is null) return Begin(start);
        _waiting.Add(start);
        _held[start.Index] = new StringBuilder();
        return _arguments.IsWhole ? EndCurrent() : [];
    }

    private List<ChatEvent> Begin(ChatEvent.ToolCallStart start)
    {
        _current = start.Index;
        _arguments.Reset();
        return [start];
    }

    /// <summary>Ends the call that streams, and begins the next with what it was held back.</summary>
    private List<ChatEvent> EndCurrent()
    {
        var steps = new List<ChatEvent> { new ChatEvent.ToolCallEnd(_current!.Value) };
        _current = null;
        if (_waiting.Count == 0) return steps;
        var next = _waiting[0];
        _waiting.RemoveAt(0);
        steps.AddRange(Begin(next));
        if (_held.Remove(next.Index, out var held) && held.Length > 0) steps.AddRange(Take(new ChatEvent.ToolCallArguments(next.Index, held.ToString())));
        return steps;
    }
}
