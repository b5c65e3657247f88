namespace OrleansGateway.Tests.Telemetry;

/// <summary>An output that takes nothing until it is released.</summary>
internal sealed class StuckStream : MemoryStream
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task WriteBegun => _begun.Task;

    public int Lines => ToArray().Count(b => b == '\n');

    public void Release() => _released.SetResult();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _begun.TrySetResult();
        await _released.Task;
        await base.WriteAsync(buffer, cancellationToken);
    }
}
