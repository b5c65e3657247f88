using System.Globalization;

namespace OrleansGateway.Bench.Load;

/// <summary>Takes the framing off a chunked body (RFC 9112 §7.1), wherever the network has split it.</summary>
internal sealed class ChunkedBody
{
    private readonly byte[] _line = new byte[32];
    private int _lineLength;
    private int _left;
    private bool _afterData;

    /// <summary>Whether the last chunk has come: the only proper end.</summary>
    public bool IsComplete { get; private set; }

    public void Reset() => (_lineLength, _left, _afterData, IsComplete) = (0, 0, false, false);

    /// <summary>The next run of data; empty if all that was given is used up.</summary>
    public ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_left > 0)
            {
                var data = bytes[..Math.Min(_left, bytes.Length)];
                bytes = bytes[data.Length..];
                _left -= data.Length;
                _afterData = _left == 0;
                return data;
            }

            TakeFraming(bytes[0]);
            bytes = bytes[1..];
        }

        return default;
    }

    private void TakeFraming(byte next)
    {
        if (IsComplete && next is not ((byte)'\r' or (byte)'\n')) throw new InvalidDataException("Bytes came after the last chunk.");
        if (next == '\r') return;
        if (next != '\n')
        {
            _line[_lineLength++] = next;
            return;
        }

        if (_lineLength > 0)
        {
            _left = int.Parse(_line.AsSpan(0, _lineLength), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            IsComplete = _left == 0;
        }
        else if (!_afterData && !IsComplete)
        {
            throw new InvalidDataException("A chunk has no size.");
        }

        (_lineLength, _afterData) = (0, false);
    }
}
