using OrleansGateway.Tests.Http1;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Transport;

/// <summary>A body that waits to be asked for (RFC 9110 §10.1.1).</summary>
public sealed class ContinueTests
{
    private const int Deadline = 60_000;
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Body_ThatIsAskedFor_FollowsTheInterimAnswer()
    {
        var (head, body) = ("", "");
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            head = await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SayAsync("HTTP/1.1 100 Continue\r\n\r\n");
            body = await connection.ReadUntilAsync("body");
            await connection.SayAsync(Ok);
            await connection.UntilClosedAsync();
        });
        // The clock stands still: nothing but the interim answer lets the body go.
        using var upstream = new Http1Upstream(new ManualTime());
        var stream = Passing.Whole("body"u8.ToArray(), awaitsContinue: true);
        Assert.Equal((200, "ok"), await upstream.CallAsync(Passing.Post(server.Url, stream), Cancellation));
        Assert.EndsWith("Content-Length: 4\r\nExpect: 100-continue\r\n\r\n", head, StringComparison.Ordinal);
        Assert.Equal(("body", 1), (body, server.PoolIn(upstream).IdleCount));
    }

    [Fact(Timeout = Deadline)]
    public async Task Body_ThatNobodyAsksFor_GoesAfterASecond()
    {
        var (time, headRead) = (new ManualTime(), new TaskCompletionSource());
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadUntilAsync("\r\n\r\n");
            headRead.SetResult();
            await connection.ReadUntilAsync("body");
            await connection.SayAsync(Ok);
        });
        using var upstream = new Http1Upstream(time);
        var call = upstream.CallAsync(Passing.Post(server.Url, Passing.Whole("body"u8.ToArray(), awaitsContinue: true)), Cancellation);
        await headRead.Task.WaitAsync(Cancellation);
        while (!call.IsCompleted)
        {
            // The wait may begin after the head has arrived.
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        Assert.Equal((200, "ok"), await call);
    }

    [Fact(Timeout = Deadline)]
    public async Task Body_ThatIsNotWanted_IsNeverReadAndTheConnectionNotKept()
    {
        var received = new TaskCompletionSource<string>();
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SayAsync("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno");
            received.SetResult(await connection.ReadUntilAsync("never"));
        });
        using var upstream = new Http1Upstream(new ManualTime());
        var stream = Passing.Whole("body"u8.ToArray(), awaitsContinue: true);
        Assert.Equal((417, "no"), await upstream.CallAsync(Passing.Post(server.Url, stream), Cancellation));
        Assert.Equal(("", true, 0), (await received.Task, stream.IsWhole, server.PoolIn(upstream).OpenCount));
    }

    [Fact(Timeout = Deadline)]
    public async Task Body_OfNothing_IsNotAskedFor()
    {
        var head = "";
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            head = await connection.ReadUntilAsync("\r\n\r\n");
            await connection.SayAsync(Ok);
        });
        using var upstream = new Http1Upstream(new ManualTime());
        await upstream.CallAsync(Passing.Post(server.Url, Passing.Whole([], awaitsContinue: true)), Cancellation);
        Assert.DoesNotContain("Expect", head, StringComparison.Ordinal);
    }
}
