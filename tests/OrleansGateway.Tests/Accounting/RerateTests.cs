using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Tests.Budgets;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Accounting;

/// <summary>A price that was wrong is mended: reports and budgets move by the difference, once.</summary>
public sealed class RerateTests
{
    private const string Budgets = "budgets: {all: {per: [tenant], limit: 0.001, period: lifetime}, daily: {per: [key], limit: 1, period: day}, week: {per: [tenant], limit: 1, rolling: 7d}}\n";
    private const string Since = "{\"since\":\"2020-01-01T00:00:00Z\"";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Rerate_AfterThePriceWasMended_MovesReportsAndBudgetsByTheDifferenceOnce()
    {
        await using var bed = await LimitBed.StartAsync(Budgets, isKept: true);
        using var admin = new AccountingBed(bed.Gateway);
        foreach (var model in (string[])["o", "nowhere-then-o", "a"])
        {
            using var answer = await bed.ChatAsync(model, ",\"max_tokens\":4");
            await LimitBed.TextAsync(answer);
        }

        await admin.AgreeAsync();
        var before = bed.Mill.Bill;
        Assert.Equal(before, await admin.PostedAsync("all"));
        Assert.Equal(0, (await admin.PostAsync("/usage/rerate", Since + "}")).GetProperty("corrected").GetInt32());

        // Ten times as dear: the budget of 0.001 is overdrawn, which only the past can do.
        await PriceAsync(bed, "price: {input: 1, output: 10}", "price: {input: 10, output: 100}");
        var dry = await admin.PostAsync("/usage/rerate", Since + ",\"dry_run\":true}");
        Assert.Equal((3, 9 * before), (dry.GetProperty("corrected").GetInt32(), AccountingBed.Nano(dry.GetProperty("difference").GetString())));
        Assert.Equal(before, await admin.PostedAsync("all"));
        var done = await admin.PostAsync("/usage/rerate", Since + ",\"reason\":\"typo\"}");
        Assert.Equal(9 * before, AccountingBed.Nano(done.GetProperty("difference").GetString()));
        foreach (var budget in (string[])["all", "daily", "week"]) Assert.Equal(10 * before, await admin.PostedAsync(budget));
        await admin.AgreeAsync();
        Assert.Equal(0, (await admin.PostAsync("/usage/rerate", Since + "}")).GetProperty("corrected").GetInt32());
        foreach (var budget in (string[])["all", "daily", "week"]) Assert.Equal(10 * before, await admin.PostedAsync(budget));

        // And back, for one model: what was corrected is corrected again.
        await PriceAsync(bed, "price: {input: 10, output: 100}", "price: {input: 1, output: 10}");
        var back = await admin.PostAsync("/usage/rerate", Since + ",\"model\":\"a\"}");
        Assert.Equal((1, -3 * before), (back.GetProperty("corrected").GetInt32(), AccountingBed.Nano(back.GetProperty("difference").GetString())));
        await admin.PostAsync("/usage/rerate", Since + "}");
        foreach (var budget in (string[])["all", "daily", "week"]) Assert.Equal(before, await admin.PostedAsync(budget));
        await admin.AgreeAsync();
        var noted = (await admin.GetAsync("/audit?action=usage.")).GetProperty("records").EnumerateArray().ToArray();
        Assert.Equal(5, noted.Length);
        Assert.Contains(noted, n => n.GetProperty("after").TryGetProperty("reason", out var why) && why.GetString() == "typo");
    }

    [Fact(Timeout = 600_000)]
    public async Task Rerate_CutOffAtAnyStep_EndsAsOneUndisturbedWhenItIsRunAgain()
    {
        const string Cheap = "price: {input: 1, output: 10}", Dear = "price: {input: 10, output: 100}";
        var failing = new FailingStep();
        await using var bed = await LimitBed.StartAsync(Budgets, replace: services => services
            .AddSingleton(p => failing.On(p.GetRequiredService<UsageLog>())).AddSingleton(p => failing.On(p.GetRequiredService<EmbeddedOwners>())));
        using var admin = new AccountingBed(bed.Gateway);
        foreach (var model in (string[])["o", "nowhere-then-o", "a"])
        {
            using var answer = await bed.ChatAsync(model, ",\"max_tokens\":4");
            await LimitBed.TextAsync(answer);
        }

        await admin.AgreeAsync();
        var cheap = bed.Mill.Bill;
        var step = 0;
        for (var hasFailed = true; hasFailed;)
        {
            var isDear = ++step % 2 == 1;
            await PriceAsync(bed, isDear ? Cheap : Dear, isDear ? Dear : Cheap);
            failing.Arm(step);
            var status = await admin.TryAsync("/usage/rerate", Since + "}");
            Assert.Equal(failing.HasFailed ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, status);
            hasFailed = failing.HasFailed;
            failing.Arm(0);
            await admin.PostAsync("/usage/rerate", Since + "}");
            foreach (var budget in (string[])["all", "daily", "week"]) Assert.Equal((step, isDear ? 10 * cheap : cheap), (step, await admin.PostedAsync(budget)));
            Assert.Equal(0, (await admin.PostAsync("/usage/rerate", Since + "}")).GetProperty("corrected").GetInt32());
            await admin.AgreeAsync();
        }

        // Three corrections, three budgets, and the log's way to the store, each before and after.
        Assert.True(step > 2 * (3 + 3 + 2), $"{step} steps");
    }

    private static async Task PriceAsync(LimitBed bed, string from, string to)
    {
        var path = Path.Combine(bed.Gateway.Folder, "gateway.yaml");
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path, Cancel)).Replace(from, to, StringComparison.Ordinal), Cancel);
        await bed.Gateway.Host.ReloadAsync(Cancel);
    }
}
