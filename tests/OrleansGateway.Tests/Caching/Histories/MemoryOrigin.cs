using OrleansGateway.Upstream;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>An origin in memory: answers at once, in the caller's own time.</summary>
/// <param name="answer">What it says; none if it breaks off.</param>
internal sealed class MemoryOrigin(Func<HistoryRequest, HistoryAnswer?> answer) : IUpstream
{
    public ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        var fields = new Fields();
        foreach (var (name, value) in request.Headers) fields.Add(name, value);
        return answer(new HistoryRequest(request.Method.Method, request.Target!, fields)) is { } said
            ? new(new MemoryAnswer(said))
            : throw new UpstreamException("it broke off");
    }
}

/// <summary>An answer that is all there.</summary>
internal sealed class MemoryAnswer(HistoryAnswer answer) : UpstreamResponse
{
    private int _read;

    public override int Status => answer.Status;

    public override int FieldCount => answer.Fields.Lines.Count;

    public override string Version => "1.1";

    public override IReadOnlyList<KeyValuePair<string, string>> Trailers => [];

    public override string? Header(string name) => answer.Fields.All(name) is [var first, ..] ? first : null;

    public override KeyValuePair<string, string> Field(int index) => new(answer.Fields.Lines[index].Name, answer.Fields.Lines[index].Value);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        var bytes = Math.Min(buffer.Length, answer.Body.Length - _read);
        answer.Body.AsSpan(_read, bytes).CopyTo(buffer.Span);
        _read += bytes;
        return new(bytes);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
