using System.Net;
using OrleansGateway.Tests.Budgets;

namespace OrleansGateway.Tests.Limits;

/// <summary>
/// Limits that are changed while clients run, judged by what reached the provider: what was used stays used, nothing is had twice, and the first request after the change goes by it.
/// The clock stands still, so nothing comes back.
/// </summary>
public sealed class HotChangeTests
{
    private const int Deadline = 120_000;
    private const string Bucket = "window: 1h";
    private const string Window = "algorithm: fixed_window, window: 5m";
    private const string Day = "algorithm: fixed_window, window: day";
    private const string Sliding = "algorithm: sliding_window, window: 5m";
    private const string FirstUse = "algorithm: fixed_window, align: first_use, window: 5m";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = Deadline)]
    [InlineData(Bucket)]
    [InlineData(Window)]
    [InlineData(Day)]
    [InlineData(Sliding)]
    [InlineData(FirstUse)]
    public async Task Limit_RaisedLoweredAndTakenAway_NeverForgetsWhatWasUsed(string kind)
    {
        await using var bed = await LimitBed.StartAsync(Rule(40, kind), new ManualTime());
        await using var clients = new Clients(bed, 6);
        await UsesUpAsync(bed, clients, 40);
        await bed.ChangeAsync(Rule(60, kind));
        await UsesUpAsync(bed, clients, 60);
        await bed.ChangeAsync(Rule(10, kind));
        await UsesUpAsync(bed, clients, 60);
        await bed.ChangeAsync(Rule(70, kind));
        await UsesUpAsync(bed, clients, 70);
        await bed.ChangeAsync("rate_limits: {other: {limit: 1000000}}");
        await clients.RoundAsync();
        // Those that came in between were counted nowhere.
        await clients.StopAsync();
        var uncounted = bed.Mill.Requests - 70;
        Assert.NotEqual(0, uncounted);
        await bed.ChangeAsync(Rule(75, kind));
        await UsesUpAsync(bed, clients, uncounted + 75);
    }

    [Theory(Timeout = Deadline)]
    [InlineData(Bucket)]
    [InlineData(Window)]
    [InlineData(Day)]
    [InlineData(Sliding)]
    public async Task Limit_LoweredWhileMuchIsToHand_HoldsFromTheNextRequestOn(string kind)
    {
        await using var bed = await LimitBed.StartAsync(Rule(100_000, kind), new ManualTime());
        await using var clients = new Clients(bed, 6);
        while (bed.Mill.Requests < 100) await clients.RoundAsync();
        // While it is changed each client has a request under way, and none gets any further.
        var gate = new TaskCompletionSource();
        bed.Mill.Gate = () => gate.Task;
        await bed.ChangeAsync(Rule(400, kind));
        bed.Mill.Gate = () => Task.CompletedTask;
        gate.SetResult();
        await UsesUpAsync(bed, clients, 400);
        await bed.ChangeAsync(Rule(0, kind));
        await UsesUpAsync(bed, clients, 400);
        await bed.ChangeAsync(Rule(410, kind));
        await UsesUpAsync(bed, clients, 410);
    }

    [Theory(Timeout = Deadline)]
    [InlineData(Bucket, "window: 5s")]
    [InlineData(Bucket, "window: 1d")]
    [InlineData(Bucket, Window)]
    [InlineData(Bucket, Day)]
    [InlineData(Window, "algorithm: fixed_window, window: hour")]
    [InlineData(Window, Day)]
    [InlineData(Window, Bucket)]
    [InlineData(Window, FirstUse)]
    [InlineData(Window, Sliding)]
    [InlineData(Day, Window)]
    [InlineData(Day, "algorithm: fixed_window, window: month")]
    [InlineData(Day, "algorithm: fixed_window, window: day, time_zone: Asia/Tokyo")]
    [InlineData(Day, Bucket)]
    [InlineData(Sliding, "algorithm: sliding_window, window: 2d")]
    [InlineData(Sliding, Day)]
    [InlineData(FirstUse, Window)]
    public async Task Window_ThatIsAnotherOne_CountsWhatWasUsedInTheOneBefore(string before, string after)
    {
        await using var bed = await LimitBed.StartAsync(Rule(30, before), new ManualTime());
        await using var clients = new Clients(bed, 6);
        await UsesUpAsync(bed, clients, 30);
        await bed.ChangeAsync(Rule(30, after));
        await UsesUpAsync(bed, clients, 30);
        await bed.ChangeAsync(Rule(35, after));
        await UsesUpAsync(bed, clients, 35);
        await bed.ChangeAsync(Rule(37, before));
        await UsesUpAsync(bed, clients, 37);
    }

    [Fact(Timeout = Deadline)]
    public async Task Key_DeletedAndMadeAgain_HasWhatItHadLeft()
    {
        const string Rules = "rate_limits: {k: {per: [key], limit: 20, window: 1h}, u: {per: [user], limit: 30, window: 1h}, t: {per: [tenant], limit: 35, window: 1h}}";
        await using var bed = await LimitBed.StartAsync(Rules, new ManualTime(), Keys("one"));
        await using var clients = new Clients(bed, 6);
        await UsesUpAsync(bed, clients, 20);
        await bed.ChangeAsync(Rules, Keys());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(bed));
        await bed.ChangeAsync(Rules, Keys("one"));
        await UsesUpAsync(bed, clients, 20);
        // Another key of the same user.
        await bed.ChangeAsync(Rules, Keys("two"));
        await UsesUpAsync(bed, clients, 30);
        await bed.ChangeAsync(Rules, Keys("three").Replace("user: ann", "user: bob", StringComparison.Ordinal));
        await UsesUpAsync(bed, clients, 35);
    }

    [Fact(Timeout = Deadline)]
    public async Task Queue_OfARaisedLimit_IsServedAtOnce()
    {
        await using var bed = await LimitBed.StartAsync(Queue(1), new ManualTime());
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed));
        var waiting = Enumerable.Range(0, 5).Select(_ => StatusAsync(bed)).ToArray();
        while (!(await MetricsAsync(bed)).Split('\n').Any(line => line.Contains("\"queued\"", StringComparison.Ordinal) && line.EndsWith(" 5", StringComparison.Ordinal))) await Task.Yield();
        Assert.Equal(1, bed.Mill.Requests);
        await bed.ChangeAsync(Queue(6));
        Assert.All(await Task.WhenAll(waiting), status => Assert.Equal(HttpStatusCode.OK, status));

        static string Queue(int limit) => $"rate_limits: {{q: {{limit: {limit}, window: 1h, on_limit: queue, wait_max: 5m}}}}";
    }

    private static string Rule(int limit, string kind) => $"rate_limits: {{r: {{per: [key], limit: {limit}, {kind}}}}}";

    private static string Keys(params string[] names) =>
        "tenants: {acme: {teams: {red: {users: {ann: {}, bob: {}}}}}}\nkeys:\n  other: {tenant: acme, secret: another-key-0123456789-0123456789}\n"
        + string.Concat(names.Select(name => $"  {name}: {{tenant: acme, team: red, user: ann, secret: {Gateway.GatewayUnderTest.Key}}}\n"));

    /// <summary>Asks, beside the clients, until it is refused: once the others' requests that were under way have ended so many have come, and no more do.</summary>
    private static async Task UsesUpAsync(LimitBed bed, Clients clients, int total)
    {
        while (await StatusAsync(bed) == HttpStatusCode.OK)
        {
        }

        await clients.RoundAsync();
        Assert.Equal(total, bed.Mill.Requests);
        await clients.RoundAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(bed));
        Assert.Equal(total, bed.Mill.Requests);
    }

    private static Task<string> MetricsAsync(LimitBed bed) => bed.Gateway.Client.GetStringAsync(new Uri(bed.Gateway.AdminAddress, "/metrics"), Cancellation);

    private static Task<HttpStatusCode> StatusAsync(LimitBed bed) => Clients.StatusAsync(bed);
}
