namespace OrleansGateway.Tests.Telemetry;

/// <summary>An output that takes nothing until it is released.</summary>
internal sealed class StuckStream : MemoryStream
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();

    public Task WriteBegun => _begun.Task;

    public int Lines => ToArray().Count(b => b == '\n');

    public void Release() => _released.Set();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _released.Dispose();
        base.Dispose(disposing);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _begun.TrySetResult();
        _released.Wait(TestContext.Current.CancellationToken);
        base.Write(buffer);
    }
}
