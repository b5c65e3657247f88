namespace OrleansGateway.Tenants;

/// <summary>
/// One change of tenants, keys and admins at a time. Nothing is then made for a tenant that is just being deleted, nor judged by a state that is just being
/// changed. The store writes one at a time anyway.
/// </summary>
internal sealed class WriteTurn : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1, 1);

    /// <summary>Waits for its turn; disposing of the result ends it.</summary>
    public async Task<Held> TakeAsync(CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        return new Held(_writing);
    }

    public void Dispose() => _writing.Dispose();

    internal readonly struct Held(SemaphoreSlim writing) : IDisposable
    {
        public void Dispose() => writing.Release();
    }
}
