using System.Net;
using System.Text;
using OrleansGateway.Tests.Limits;

namespace OrleansGateway.Tests.Budgets;

/// <summary>Budgets that are changed while calls are under way, judged by what the provider bills: what was spent stays spent, nothing is had twice, and what is left can be spent.</summary>
public sealed class HotBudgetTests
{
    private const int Deadline = 120_000;
    private const long Step = 1_000_000;

    // Rounds of all clients in which nothing more is let pass.
    private const int Unchanged = 5;

    // As the bed's clients ask: a token for each byte, what providers add, and one token of output.
    private static readonly long s_worst = (Encoding.UTF8.GetByteCount(LimitBed.ChatBody("o", ""","max_tokens":1""")) + 64 + 10) * 1_000L;

    [Theory(Timeout = Deadline)]
    [InlineData("period: day", "period: month")]
    [InlineData("period: month", "period: day")]
    [InlineData("period: month", "period: lifetime")]
    [InlineData("period: lifetime", "period: week")]
    [InlineData("period: day", "rolling: 30d")]
    [InlineData("rolling: 30d", "period: quarter")]
    [InlineData("period: day", "period: day, time_zone: Asia/Tokyo")]
    public async Task Budget_ChangedUnderLoad_IsSpentOnce(string before, string after)
    {
        await using var bed = await LimitBed.StartAsync(Budget(2 * Step, before), new ManualTime());
        await using var clients = new Clients(bed, 6);
        await SpendsAsync(bed, clients, 2 * Step);
        await bed.ChangeAsync(Budget(3 * Step, before));
        await SpendsAsync(bed, clients, 3 * Step);
        await bed.ChangeAsync(Budget(Step, before));
        await SpendsAsync(bed, clients, 3 * Step);
        await ChangeUnderWayAsync(bed, Budget(4 * Step, before), Budget(5 * Step, after));
        await SpendsAsync(bed, clients, 5 * Step);
        await ChangeUnderWayAsync(bed, Budget(6 * Step, after), Budget(7 * Step, before));
        await SpendsAsync(bed, clients, 7 * Step);
    }

    [Fact(Timeout = Deadline)]
    public async Task Budget_TakenAwayAndPutBack_HasForgottenNothing()
    {
        await using var bed = await LimitBed.StartAsync(Budget(2 * Step, "period: month"), new ManualTime());
        await using var clients = new Clients(bed, 6);
        await SpendsAsync(bed, clients, 2 * Step);
        var counted = bed.Mill.Bill;
        await bed.ChangeAsync("budgets: {}");
        await clients.RoundAsync();
        await clients.StopAsync();
        var uncounted = bed.Mill.Bill - counted;
        Assert.NotEqual(0, uncounted);
        await bed.ChangeAsync(Budget(2 * Step, "period: month"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await Clients.StatusAsync(bed));
        await bed.ChangeAsync(Budget(3 * Step, "period: month"));
        await SpendsAsync(bed, clients, 3 * Step + uncounted);
    }

    private static string Budget(long nanos, string more) =>
        $"budgets: {{team: {{per: [tenant], limit: {(nanos / 1e9m).ToString(CultureInfo.InvariantCulture)}, {more}}}}}";

    /// <summary>Raises the budget, and has other rules in force while the calls that this lets pass are held up at the provider.</summary>
    private static async Task ChangeUnderWayAsync(LimitBed bed, string raised, string rules)
    {
        var (gate, arrived) = (new TaskCompletionSource(), new TaskCompletionSource());
        bed.Mill.Gate = () =>
        {
            arrived.TrySetResult();
            return gate.Task;
        };
        await bed.ChangeAsync(raised);
        await arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        await bed.ChangeAsync(rules);
        bed.Mill.Gate = () => Task.CompletedTask;
        gate.SetResult();
    }

    /// <summary>Asks, beside the clients, until a call is refused that has nobody beside it: all has been spent then that a call could still be paid with, and no more.</summary>
    private static async Task SpendsAsync(LimitBed bed, Clients clients, long limit)
    {
        var billed = -1L;
        // What is held for another call may have refused the last one, and what was granted under other rules is on its way back: both come back, though not at once.
        for (var unchanged = 0; unchanged < Unchanged; unchanged = bed.Mill.Bill == billed ? unchanged + 1 : 0)
        {
            billed = bed.Mill.Bill;
            while (await Clients.StatusAsync(bed) == HttpStatusCode.OK)
            {
            }

            await clients.RoundAsync();
        }

        Assert.True(bed.Mill.Bill <= limit, $"billed {bed.Mill.Bill} of {limit}");
        Assert.True(limit - bed.Mill.Bill < s_worst, $"billed only {bed.Mill.Bill} of {limit}: a call costs at most {s_worst}");
    }
}
