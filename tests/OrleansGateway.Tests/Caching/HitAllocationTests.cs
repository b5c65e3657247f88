using System.Net.Sockets;
using System.Text;

namespace OrleansGateway.Tests.Caching;

/// <summary>What a hit allocates from the socket to the socket, the server's own share included. Runs alone: what the whole process allocates is counted.</summary>
[CollectionDefinition(nameof(HitAllocationTests), DisableParallelization = true)]
[Collection(nameof(HitAllocationTests))]
public sealed class HitAllocationTests
{
    // Timers and the compiler allocate now and then, and code that is not compiled for good allocates more: the least of some rounds.
    private const int RoundsMax = 300;
    private const int Hits = 1_000;
    private const int BytesMax = 256;

    [Theory(Timeout = 120_000)]
    [InlineData(64)]
    [InlineData(10_240)]
    public async Task Hit_FromTheSocketToTheSocket_AllocatesNextToNothing(int bytes)
    {
        await using var bed = await CacheBed.StartAsync(CacheBed.Storable(new string('x', bytes)));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.Url.Host, bed.Url.Port, TestContext.Current.CancellationToken);
        var request = Encoding.ASCII.GetBytes($"GET /page?id=1 HTTP/1.1\r\nHost: shop.example\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\nUser-Agent: test\r\n{Credentials(bed)}\r\n");
        var buffer = new byte[64 << 10];
        // Compiled for good only after many.
        await bed.GetAsync("/page?id=1", ("Host", "shop.example"));
        for (var i = 0; i < 3 * Hits; i++) Ask(socket, request, buffer, bytes);
        var least = double.MaxValue;
        for (var round = 0; round < RoundsMax && least > BytesMax; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < Hits; i++) Ask(socket, request, buffer, bytes);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Hits);
        }

        Assert.Single(bed.Asked);
        Assert.True(least <= BytesMax, $"{least:0} bytes per hit");
    }

    private static string Credentials(CacheBed bed) =>
        bed.Client.DefaultRequestHeaders.Authorization is { } authorization ? $"Authorization: {authorization}\r\n" : "";

    private static void Ask(Socket socket, byte[] request, byte[] buffer, int bodyBytes)
    {
        socket.Send(request);
        var (read, head) = (0, -1);
        while (head < 0 || read < head + 4 + bodyBytes)
        {
            while (socket.Available == 0) Thread.Yield();
            var more = socket.Receive(buffer.AsSpan(read));
            if (more == 0) Assert.Fail("The connection was closed.");
            read += more;
            if (head < 0) head = buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8);
        }

        if (!buffer.AsSpan().StartsWith("HTTP/1.1 200"u8)) Assert.Fail(Encoding.ASCII.GetString(buffer, 0, read));
    }
}
