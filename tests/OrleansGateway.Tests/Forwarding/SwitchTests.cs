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
}
