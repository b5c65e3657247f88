using System.Buffers;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models.Fake;

/// <summary>One piece of a fake answer's body, and how many output tokens have been said once it is out.</summary>
internal readonly record struct FakePiece(ReadOnlyMemory<byte> Bytes, int Tokens);

/// <summary>The answer of a fake provider, given out piece by piece at the pace that was set.</summary>
internal sealed class FakeResponse(int status, string contentType, IReadOnlyList<FakePiece> pieces) : UpstreamResponse
{
    private int _next;
    private int _tokens;
    private ReadOnlyMemory<byte> _rest;
    private long _startedAt;

    /// <summary>Output tokens per second; 0 is as fast as they are read.</summary>
    public int TokensPerSecond { get; init; }

    /// <summary>What goes wrong on the way; none if nothing does.</summary>
    public FakeFaultSettings? Fault { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    private string? RetryAfter { get; init; }

    public override int Status => status;

    public static FakeResponse Error(Dialect dialect, int status, int? retryAfter)
    {
        var body = new ArrayBufferWriter<byte>(256);
        ErrorBody.Write(dialect, new Refusal(status, "fake_fault", $"The fake provider was told to answer with status {status}."), "req_fake", body);
        return new FakeResponse(status, "application/json", [new FakePiece(body.WrittenMemory, 0)]) { RetryAfter = retryAfter?.ToString(CultureInfo.InvariantCulture) };
    }

    public override string? Header(string name)
    {
        if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)) return contentType;
        return name.Equals("Retry-After", StringComparison.OrdinalIgnoreCase) ? RetryAfter : null;
    }

    public override int FieldCount => RetryAfter is null ? 1 : 2;

    public override string Version => "1.1";

    public override IReadOnlyList<KeyValuePair<string, string>> Trailers => [];

    public override KeyValuePair<string, string> Field(int index) => index == 0 ? new("Content-Type", contentType) : new("Retry-After", RetryAfter!);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (_rest.IsEmpty && !await AdvanceAsync(cancellation)) return 0;
        var bytes = Math.Min(buffer.Length, _rest.Length);
        _rest[..bytes].CopyTo(buffer);
        _rest = _rest[bytes..];
        return bytes;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<bool> AdvanceAsync(CancellationToken cancellation)
    {
        if (_next == 0) _startedAt = Time.GetTimestamp();
        if (_next == pieces.Count) return false;
        var piece = pieces[_next];
        if (Fault?.CutAfterTokens < piece.Tokens) throw new UpstreamException("it broke off, as the fake provider was told to");
        if (Fault?.StallAfterTokens < piece.Tokens) await Task.Delay(Timeout.InfiniteTimeSpan, Time, cancellation);
        if (piece.Tokens > _tokens) await PaceAsync(piece.Tokens, cancellation);
        _tokens = piece.Tokens;
        _rest = piece.Bytes;
        _next++;
        return true;
    }

    /// <summary>Waits until the token is due, counted from the start of the answer so that late timers do not add up.</summary>
    private async ValueTask PaceAsync(int tokens, CancellationToken cancellation)
    {
        if (TokensPerSecond == 0) return;
        var due = TimeSpan.FromSeconds((double)tokens / TokensPerSecond);
        var wait = due - Time.GetElapsedTime(_startedAt);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, Time, cancellation);
    }
}
