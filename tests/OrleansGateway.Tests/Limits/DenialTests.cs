using System.Net;
using OrleansGateway.Tests.Budgets;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Limits;

/// <summary>A denied request changes no account.</summary>
public sealed class DenialTests
{
    private const int Count = 20_000;
    private const int Clients = 16;

    [Fact(Timeout = 300_000)]
    public async Task Requests_RefusedByTheNarrowestOf12Accounts_ChangeNoneOfTheOthers()
    {
        const string Callers = "tenants: {acme: {teams: {red: {users: {ann: {}}}}}}\nkeys: {test: {tenant: acme, team: red, user: ann, secret: " + GatewayUnderTest.Key + "}}\n";
        var time = new ManualTime();
        await using var bed = await LimitBed.StartAsync("rate_limits:\n" + string.Concat(Rules()), time, Callers);
        Assert.Equal(HttpStatusCode.OK, await Limits.Clients.StatusAsync(bed));
        var before = await UsedAsync(bed);
        // The gateway tells what was used within a second or so; from then on the clock stands still.
        for (; before.Values.Any(used => used == 0); before = await UsedAsync(bed)) time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(12, before.Count);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (var i = 0; i < Count / Clients; i++) Assert.Equal(HttpStatusCode.TooManyRequests, await Limits.Clients.StatusAsync(bed));
        }));
        Assert.Equal(before, await UsedAsync(bed));
        Assert.Equal(1, bed.Mill.Requests);
    }

    private static IEnumerable<string> Rules()
    {
        // One call at its worst: a token for each byte, what providers add, and one of output.
        var narrowest = LimitBed.ChatBody("o", ""","max_tokens":1""").Length + 64 + 1;
        foreach (var level in (string[])["tenant", "team", "user", "key"])
        {
            yield return $"  {level}-requests: {{per: [{level}], count: requests, limit: 1000000, algorithm: fixed_window, window: 5m}}\n";
            yield return $"  {level}-tokens: {{per: [{level}], count: tokens, limit: {(level == "user" ? narrowest : 1_000_000_000)}, algorithm: fixed_window, window: 5m}}\n";
            yield return $"  {level}-cost: {{per: [{level}], count: cost, limit: 1000, algorithm: fixed_window, window: 5m}}\n";
        }
    }

    /// <summary>What gateways have in advance goes to and fro meanwhile.</summary>
    private static async Task<Dictionary<string, long>> UsedAsync(LimitBed bed) => (await bed.LevelsAsync()).ToDictionary(l => l.Key, l => l.Value.Used);
}
