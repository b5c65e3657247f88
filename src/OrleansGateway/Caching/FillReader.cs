namespace OrleansGateway.Caching;

/// <summary>One who reads a body that is still coming. Disposing of it ends the reading.</summary>
internal sealed class FillReader(FillBody body) : IDisposable
{
    /// <summary>Bytes read. Under the body's lock.</summary>
    internal long Position { get; set; }

    /// <summary>Whether it took too long over what others waited for. Under the body's lock.</summary>
    internal bool IsCutOff { get; set; }

    /// <summary>What comes next, good until <see cref="Took"/>; empty at the proper end. Throws <see cref="IOException"/> if the body broke off.</summary>
    public ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        var next = body.From(this, out var more);
        return more is null ? new(next) : AwaitAsync(more, cancellation);
    }

    /// <summary>So many bytes of what came next have been dealt with.</summary>
    public void Took(int bytes) => body.Took(this, bytes);

    public void Dispose() => body.Leave(this);

    private async ValueTask<ReadOnlyMemory<byte>> AwaitAsync(Task more, CancellationToken cancellation)
    {
        while (true)
        {
            await more.WaitAsync(cancellation);
            var next = body.From(this, out var again);
            if (again is null) return next;
            more = again;
        }
    }
}
