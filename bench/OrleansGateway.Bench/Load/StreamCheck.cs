using System.Buffers.Text;
using System.Text;

namespace OrleansGateway.Bench.Load;

/// <summary>
/// Checks that a stream is whole: the events the mock numbered arrive in order with none left out, then <c>[DONE]</c>, then nothing. Its own reader of events on
/// purpose: the gateway's would agree with the gateway's mistakes.
/// </summary>
internal sealed class StreamCheck(Samples delays)
{
    private readonly byte[] _held = new byte[8 << 10];
    private int _length;
    private int _next;
    private int _total = -1;

    public long Events { get; private set; }

    /// <summary>Whether the stream came to its proper end.</summary>
    public bool IsDone { get; private set; }

    public void Reset() => (_length, _next, _total, IsDone) = (0, 0, -1, false);

    /// <summary>Takes in some bytes that arrived at a time.</summary>
    public void Take(ReadOnlySpan<byte> bytes, long arrivedAt)
    {
        bytes.CopyTo(_held.AsSpan(_length));
        _length += bytes.Length;
        ReadOnlySpan<byte> rest = _held.AsSpan(0, _length);
        while (rest.IndexOf("\n\n"u8) is >= 0 and var end)
        {
            TakeEvent(rest[..end], arrivedAt);
            rest = rest[(end + 2)..];
        }

        rest.CopyTo(_held);
        _length = rest.Length;
    }

    private void TakeEvent(ReadOnlySpan<byte> text, long arrivedAt)
    {
        if (IsDone) throw new InvalidDataException("An event came after [DONE].");
        if (text.SequenceEqual("data: [DONE]"u8))
        {
            if (_next != _total) throw new InvalidDataException($"The stream ended after {_next} of {_total} events.");
            IsDone = true;
            return;
        }

        var at = text.IndexOf("\"content\":\""u8);
        if (at < 0)
        {
            if (text.IndexOf("\"finish_reason\":\"stop\""u8) < 0 && text.IndexOf("\"usage\""u8) < 0) throw new InvalidDataException("Unexpected: " + Encoding.UTF8.GetString(text));
            return;
        }

        TakeContent(text[(at + 11)..], arrivedAt);
    }

    // "number/events sent", as the mock writes it.
    private void TakeContent(ReadOnlySpan<byte> content, long arrivedAt)
    {
        if (!Utf8Parser.TryParse(content, out int number, out _)
            || !Utf8Parser.TryParse(content[8..], out _total, out _)
            || !Utf8Parser.TryParse(content[16..], out long sentAt, out _))
        {
            throw new InvalidDataException("Not the mock's content: " + Encoding.UTF8.GetString(content));
        }

        if (number != _next) throw new InvalidDataException($"Event {number} came in place of {_next}.");
        _next++;
        Events++;
        delays.Add(arrivedAt - sentAt);
    }
}
