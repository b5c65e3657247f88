using OrleansGateway.Caching.Disk;

namespace OrleansGateway.Caching;

/// <summary>One who reads a body that is still coming. Disposing of it ends the reading.</summary>
internal sealed class FillReader(FillBody body) : IDisposable
{
    private byte[]? _buffer;

    /// <summary>Bytes read. Under the body's lock.</summary>
    internal long Position { get; set; }

    /// <summary>Whether it took too long over what others waited for. Under the body's lock.</summary>
    internal bool IsCutOff { get; set; }

    /// <summary>Where what comes next is to be read, if it is in memory no more. Under the body's lock.</summary>
    internal DiskFill? Behind { get; set; }

    /// <summary>What comes next, good until <see cref="Took"/>; empty at the proper end. Throws <see cref="IOException"/> if the body broke off.</summary>
    public ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        var next = body.From(this, out var more);
        if (Behind is not null) return BehindAsync(cancellation);
        return more is null ? new(next) : AwaitAsync(more, cancellation);
    }

    /// <summary>So many bytes of what came next have been dealt with.</summary>
    public void Took(int bytes) => body.Took(this, bytes);

    public void Dispose() => body.Leave(this);

    private ValueTask<ReadOnlyMemory<byte>> BehindAsync(CancellationToken cancellation) => Behind!.ReadAsync(Position, _buffer ??= new byte[BlockReader.BufferBytes], cancellation);

    private async ValueTask<ReadOnlyMemory<byte>> AwaitAsync(Task more, CancellationToken cancellation)
    {
        while (true)
        {
            await more.WaitAsync(cancellation);
            var next = body.From(this, out var again);
            if (Behind is not null) return await BehindAsync(cancellation);
            if (again is null) return next;
            more = again;
        }
    }
}
