using System.Buffers;
using System.Text;
using OrleansGateway.Http.Listening;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Listeners;

/// <summary>The PROXY header: its two versions read, and what becomes of connections with and without it.</summary>
public sealed class ProxyPreambleTests
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";
    private const string Ports = "\x30\x39\x00\x50";


    public static TheoryData<string, string?> Good => new()
    {
        { "PROXY TCP4 203.0.113.9 10.0.0.1 12345 80\r\n", "203.0.113.9:12345" },
        { "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535" },
        { "PROXY TCP6 2001:db8::9 2001:db8::1 12345 80\r\n", "[2001:db8::9]:12345" },
        { "PROXY UNKNOWN\r\n", null },
        { "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null },
        { Signature + "\x21\x11\x00\x0c\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports, "203.0.113.9:12345" },
        { Signature + "\x21\x21\x00\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09" + new string('\0', 15) + "\x01" + Ports, "[2001:db8::9]:12345" },
        { Signature + "\x21\x11\x00\x0f\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports + "\x04\x00\x00", "203.0.113.9:12345" },
        { Signature + "\x20\x00\x00\x00", null },
        { Signature + "\x20\x11\x00\x0c\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports, null },
        { Signature + "\x21\x00\x00\x00", null },
        { Signature + "\x21\x31\x00\xd8" + new string('a', 216), null },
        { Signature + "\x21\x11\x02\x18\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports + new string('t', 524), "203.0.113.9:12345" },
    };

    public static TheoryData<string> Bad =>
    [
        "GET / HTTP/1.1\r\n",
        "proxy TCP4 203.0.113.9 10.0.0.1 1 2\r\n",
        "PROXY TCP4 203.0.113.9 10.0.0.1 12345\r\n",
        "PROXY TCP4 203.0.113.9 10.0.0.1 12345 80 9\r\n",
        "PROXY TCP4 203.0.113.9  10.0.0.1 12345 80\r\n",
        "PROXY TCP4 2001:db8::9 2001:db8::1 12345 80\r\n",
        "PROXY TCP6 203.0.113.9 10.0.0.1 12345 80\r\n",
        "PROXY TCP4 203.0.113 10.0.0.1 12345 80\r\n",
        "PROXY TCP4 203.0.113.999 10.0.0.1 12345 80\r\n",
        "PROXY TCP4 203.0.113.9 10.0.0.1 65536 80\r\n",
        "PROXY TCP4 203.0.113.9 10.0.0.1 -1 80\r\n",
        "PROXY UDP4 203.0.113.9 10.0.0.1 1 2\r\n",
        "PROXY UNKNOWNX\r\n",
        "PROXY UNKNOWN " + new string('a', 100),
        Signature + "\x11\x11\x00\x0c\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports,
        Signature + "\x22\x11\x00\x0c\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports,
        Signature + "\x21\x41\x00\x0c\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports,
        Signature + "\x21\x13\x00\x0c\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports,
        Signature + "\x21\x11\x00\x0b\xcb\x00\x71\x09\x0a\x00\x00\x01\x30\x39\x00",
        Signature + "\x21\x21\x00\x0c\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports,
        Signature + "\x21\x11\xff\xff",
    ];

    [Theory]
    [MemberData(nameof(Good))]
    public void Read_OfAHeader_NamesTheClientAndTakesNoByteMore(string header, string? client)
    {
        var bytes = Encoding.Latin1.GetBytes(header + "GET /");
        var arrived = new ReadOnlySequence<byte>(bytes);
        Assert.Equal(Verdict.Yes, ProxyPreamble.Read(arrived, out var end, out var source));
        Assert.Equal((client, "GET /"), (source?.ToString(), Encoding.Latin1.GetString(arrived.Slice(end))));
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void Read_OfAHeaderThatIsCutOff_WaitsForMore(string header, string? client)
    {
        _ = client;
        var bytes = Encoding.Latin1.GetBytes(header);
        for (var length = 0; length < bytes.Length; length++)
            Assert.Equal(Verdict.More, ProxyPreamble.Read(new ReadOnlySequence<byte>(bytes, 0, length), out _, out _));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Read_OfWhatIsNoHeader_SaysSo(string header) =>
        Assert.Equal(Verdict.No, ProxyPreamble.Read(new ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(header)), out _, out _));

    [Theory(Timeout = 30_000)]
    [InlineData("PROXY TCP4 203.0.113.9 10.0.0.1 12345 80\r\n", 200)]
    [InlineData("PROXY TCP4 198.51.100.9 10.0.0.1 12345 80\r\n", 403)]
    [InlineData("PROXY UNKNOWN\r\n", 403)]
    [InlineData(Signature + "\x21\x11\x00\x0c\xcb\x00\x71\x09\x0a\x00\x00\x01" + Ports, 200)]
    public async Task Request_BehindALoadBalancer_ComesFromWhomItNames(string header, int status)
    {
        await using var gateway = await GatewayUnderTest.StartWholeAsync(Bound("proxy_protocol: [\"127.0.0.0/8\"]"));
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        await connection.SayAsync(header);
        Assert.Equal(status, (await connection.AskAsync(ListenerBed.GoodRequest)).Status);
        Assert.Equal(status, (await connection.AskAsync(ListenerBed.GoodRequest)).Status);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("proxy_protocol: [\"127.0.0.0/8\"]", "")]
    [InlineData("proxy_protocol: [\"10.0.0.0/8\"]", "PROXY TCP4 203.0.113.9 10.0.0.1 12345 80\r\n")]
    [InlineData("proxy_protocol: [\"127.0.0.0/8\"]", "PROXY TCP4 203.0.113.9\r\n")]
    public async Task Connection_WithoutAGoodHeaderOrFromElsewhere_IsClosed(string listener, string header)
    {
        await using var gateway = await GatewayUnderTest.StartWholeAsync(Bound(listener));
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        await connection.SayAsync(header + ListenerBed.GoodRequest);
        Assert.True(await connection.IsClosedAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Connection_WithAHeaderWhereNoneIsExpected_IsRefused()
    {
        await using var gateway = await ListenerBed.StartAsync();
        using var connection = await RawConnection.OpenAsync(gateway.Url);
        Assert.Equal(400, (await connection.AskAsync("PROXY TCP4 203.0.113.9 10.0.0.1 12345 80\r\n" + ListenerBed.GoodRequest)).Status);
    }

    private static string Bound(string listener) =>
        ListenerBed.Yaml(listener).Replace("-0123456789}}", "-0123456789, ip_ranges: [203.0.113.0/24]}}", StringComparison.Ordinal);
}
