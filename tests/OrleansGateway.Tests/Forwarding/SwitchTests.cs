using OrleansGateway.Tests.Http1;

namespace OrleansGateway.Tests.Forwarding;

/// <summary>Servers that hand a connection over, and say more than they should.</summary>
public sealed class SwitchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Switch_WithALength_IsPassedOnWithoutIt()
    {
        await using var server = ScriptedServer.Answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\nContent-Length: 5\r\n\r\nhello");
        await using var bed = await ForwardBed.StartAsync([server.Url]);
        using var client = new System.Net.Sockets.TcpClient(bed.Url.Host, bed.Url.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"u8.ToArray(), Cancellation);
        var heard = "";
        var buffer = new byte[4 << 10];
        while (!heard.EndsWith("hello", StringComparison.Ordinal) && await stream.ReadAsync(buffer, Cancellation) is > 0 and var read)
            heard += System.Text.Encoding.Latin1.GetString(buffer, 0, read);
        Assert.StartsWith("HTTP/1.1 101 ", heard, StringComparison.Ordinal);
        Assert.DoesNotContain("Content-Length", heard, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("hello", heard, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true, "upstream_cut")]
    [InlineData(false, "completed")]
    public async Task Switch_AfterWhichTheServerEnds_IsLoggedByHowItEnded(bool broken, string outcome)
    {
        await using var server = new ScriptedServer(async (connection, _) =>
        {
            await connection.ReadRequestAsync();
            await connection.SayAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
            // Only then has the gateway passed the head on.
            await connection.ReadUntilAsync("hi");
            if (broken) connection.Reset();
            else connection.SayGoodbye();
        });
        await using var bed = await ForwardBed.StartAsync([server.Url]);
        using var client = new System.Net.Sockets.TcpClient(bed.Url.Host, bed.Url.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhi"u8.ToArray(), Cancellation);
        await stream.CopyToAsync(Stream.Null, Cancellation);
        var path = Path.Combine(bed.Gateway.Folder, "access.log");
        var log = "";
        while (!log.Contains("\"outcome\"", StringComparison.Ordinal))
        {
            await Task.Delay(10, Cancellation);
            if (File.Exists(path)) log = await File.ReadAllTextAsync(path, Cancellation);
        }

        Assert.Contains($"\"outcome\":\"{outcome}\"", log, StringComparison.Ordinal);
    }
}
