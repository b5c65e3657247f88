using OrleansGateway.Upstream;

namespace OrleansGateway.Caching.Models;

/// <summary>A stored answer in the place of a provider's, so that it is carried to the client like any other.</summary>
/// <param name="contentType">Of the answer.</param>
/// <param name="body">All of it.</param>
/// <param name="times">When its pieces are to come; none for at once.</param>
/// <param name="time">Clock of that.</param>
internal sealed class StoredResponse(string contentType, ReadOnlyMemory<byte> body, PieceTimes? times, TimeProvider time) : UpstreamResponse
{
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromSeconds(5);

    private int _at;
    private int _piece;

    public override int Status => StatusCodes.Status200OK;

    public override int FieldCount => 1;

    public override string Version => "1.1";

    public override IReadOnlyList<KeyValuePair<string, string>> Trailers => [];

    public override string? Header(string name) => name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) ? contentType : null;

    public override KeyValuePair<string, string> Field(int index) => new("Content-Type", contentType);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        var end = body.Length;
        if (times is not null && _piece < times.Count)
        {
            end = times[_piece].End;
            if (_piece > 0 && _at == times[_piece - 1].End) await PauseAsync(times[_piece].At - times[_piece - 1].At, cancellation);
        }

        var bytes = Math.Min(buffer.Length, end - _at);
        body.Slice(_at, bytes).CopyTo(buffer);
        _at += bytes;
        if (_at == end) _piece++;
        return bytes;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task PauseAsync(TimeSpan pause, CancellationToken cancellation) => Task.Delay(pause < s_pauseMax ? pause : s_pauseMax, time, cancellation);
}
