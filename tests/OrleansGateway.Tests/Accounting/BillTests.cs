using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Tests.Budgets;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Accounting;

/// <summary>
/// Clients that hang up anywhere and a provider that fails, over many calls: what the provider bills, records and the ledger say is one number. <c>GATEWAY_BILL_CALLS</c> says how many calls
/// (100,000 for the long run).
/// </summary>
public sealed class BillTests(ITestOutputHelper output)
{
    private const int Clients = 16;
    private static readonly int s_calls = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_BILL_CALLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var calls) ? calls : 1_500;

    // The long run has the faults of one call in a hundred; a short one more, that it has any.
    private static readonly int s_oneIn = s_calls >= 10_000 ? 100 : 20;

    private int _hungUp;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 7_200_000)]
    [InlineData("drain", 1)]
    [InlineData("cancel", 2)]
    [InlineData("seen", 3)]
    public async Task Bill_OverManyCallsWithFaults_IsInRecordsAndLedger(string policy, int seed)
    {
        // A call that is given up while the provider is at work on it is billed more than anybody can know: the wait is long enough that only those that stall are.
        // In CI the other policies get a few calls: what matters is that nothing is billed below what they promise.
        var count = policy == "drain" ? s_calls : s_calls / 3;
        await using var provider = new FaultyProvider(n => FaultOf(new Random(seed * 1_000_003 + n)));
        await using var gateway = await GatewayUnderTest.StartWholeAsync($$"""
            listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            access_log: {output: access.log}
            tenants: {acme: {on_disconnect: {{policy}} } }
            keys: {test: {tenant: acme, secret: {{GatewayUnderTest.Key}} } }
            routes: {default: {path: /} }
            providers: {o: {kind: openai, base_url: "{{provider.V1}}", api_key: provider-key-o, timeouts: {first_token: 10s} } }
            models: {gpt-4o: {targets: [{provider: o, price: {input: 1, output: 10} }]} }
            budgets: {all: {per: [tenant], limit: 1000, period: lifetime}, daily: {per: [key], limit: 1000, period: month} }

            """, replace: services => services.AddSingleton<IUsageLog>(p => p.GetRequiredService<UsageLog>()));
        using var admin = new AccountingBed(gateway);
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (var n = Interlocked.Increment(ref next); n <= count; n = Interlocked.Increment(ref next)) await CallAsync(gateway, seed, n);
        }));
        var (all, records) = await AuditedAsync(admin);
        output.WriteLine($"{policy}: {count} calls, {provider.Requests} requests, bill {provider.Bill}, posted {all}, {records} records; {provider.Failed} failed, {provider.Cut} cut, {provider.Stalled} stalled, {_hungUp} clients hung up");
        Assert.True(provider.Failed > 0 && provider.Cut > 0 && provider.Stalled > 0 && _hungUp > 0, "no faults");
        Assert.True(provider.Requests > count / 2);
        if (policy == "drain") Assert.Equal(provider.Bill, all);
        if (policy == "cancel") Assert.True(all >= provider.Bill, $"{all} < {provider.Bill}");
        Assert.Equal(all, await admin.PostedAsync("daily"));
    }

    private static async Task<(long Posted, long Records)> AuditedAsync(AccountingBed admin)
    {
        // The calls of clients that hung up may still be under way: until the books stand still.
        for (var before = -1L; ;)
        {
            var audit = await admin.PostAsync("/audit/usage");
            var (posted, records) = (await admin.PostedAsync("all"), audit.GetProperty("records").GetInt64());
            if (audit.GetProperty("agree").GetBoolean() && before == records) return (posted, records);
            Assert.True(before < records, audit.ToString());
            before = records;
        }
    }

    private static ProviderFault FaultOf(Random random)
    {
        if (random.Next(s_oneIn) > 0) return ProviderFault.None;
        var faults = Enum.GetValues<ProviderFault>();
        return faults[random.Next(1, faults.Length)];
    }

    private async Task CallAsync(GatewayUnderTest gateway, int seed, int number)
    {
        var random = new Random(seed * 1_000_003 - number);
        var words = random.Next(1, 20);
        var body = LimitBed.ChatBody("gpt-4o", string.Create(CultureInfo.InvariantCulture, $",\"max_tokens\":{words}") + (random.Next(3) > 0 ? ",\"stream\":true" : ""));
        var goes = random.Next(s_oneIn) == 0 ? GoingOf(random, words) : null;
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.Url.Host, gateway.Url.Port, Cancel);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {GatewayUnderTest.Key}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}"), Cancel);
        var (text, buffer) = (new StringBuilder(), new byte[4_096]);
        try
        {
            while (goes is null || !goes(text))
            {
                var read = await stream.ReadAsync(buffer.AsMemory(0, goes is null ? buffer.Length : 16), Cancel);
                if (read == 0) return;
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }

            Interlocked.Increment(ref _hungUp);
            socket.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (IOException)
        {
            // A stream that was cut off.
        }
    }

    /// <summary>When a client hangs up: before the head, in it, behind it, in or behind an event or so much of a whole answer, or when all is there but the end.</summary>
    private static Func<StringBuilder, bool> GoingOf(Random random, int words)
    {
        var (more, events) = (random.Next(200), random.Next(1, words + 3));
        return random.Next(6) switch
        {
            0 => static _ => true,
            1 => text => text.Length > more,
            2 => static text => text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal),
            3 => text => text.ToString() is var all && all.IndexOf("\r\n\r\n", StringComparison.Ordinal) is > 0 and var head && all.Length > head + 4 + more,
            4 => text => text.ToString().Split("\n\n").Length > events,
            _ => static text => text.ToString() is var all && (all.Contains("[DONE]", StringComparison.Ordinal) || all.EndsWith('}')),
        };
    }
}
