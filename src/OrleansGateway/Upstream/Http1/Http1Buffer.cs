using System.Buffers;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// What has come over a connection. The head stays at the start while the body passes behind it: headers may be asked for at any time.
/// </summary>
internal sealed class Http1Buffer
{
    private const int OwnBytes = 8 << 10;

    // Lives as long as the connection, so it is put where the collector need not move it.
    private readonly byte[] _own = GC.AllocateUninitializedArray<byte>(OwnBytes, pinned: true);

    private byte[] _bytes;
    private int _bodyStart;
    private int _start;
    private int _end;

    public Http1Buffer() => _bytes = _own;

    public ReadOnlySpan<byte> Head => _bytes.AsSpan(0, _bodyStart);

    /// <summary>What has come of the body and was not taken.</summary>
    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    /// <summary>All that has come, as long as none of it was taken.</summary>
    public ReadOnlySpan<byte> All => _bytes.AsSpan(0, _end);

    /// <summary>Where more can be received; ask for it with <see cref="MakeRoom"/> first.</summary>
    public Memory<byte> Room => _bytes.AsMemory(_end);

    public void Took(int bytes) => _start += bytes;

    public void Received(int bytes) => _end += bytes;

    /// <summary>Says how long the head is; what follows it is the body.</summary>
    public void EndHead(int bytes) => _bodyStart = _start = bytes;

    /// <summary>Lets go of a head that another follows.</summary>
    public void DropHead()
    {
        Unread.CopyTo(_bytes);
        (_end, _start, _bodyStart) = (_end - _start, 0, 0);
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        if (_bytes != _own) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = _own;
        (_bodyStart, _start, _end) = (0, 0, 0);
    }

    /// <summary>Room for what comes next: all of the buffer behind the head if nothing is unread, else behind that.</summary>
    public void MakeRoom()
    {
        if (_start == _end) _start = _end = _bodyStart;
        if (_bytes.Length - _end >= ChunkedDecoder.LineBytesMax) return;
        if (_start > _bodyStart)
        {
            Unread.CopyTo(_bytes.AsSpan(_bodyStart));
            (_start, _end) = (_bodyStart, _bodyStart + _end - _start);
        }

        if (_bytes.Length - _end >= ChunkedDecoder.LineBytesMax / 2) return;
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        All.CopyTo(larger);
        if (_bytes != _own) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
