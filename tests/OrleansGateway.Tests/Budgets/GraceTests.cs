using System.Net;
using System.Text;

namespace OrleansGateway.Tests.Budgets;

/// <summary>A soft budget is cut so long after it was exceeded first in its period, whatever happens in between.</summary>
public sealed class GraceTests
{
    private const int Deadline = 120_000;

    [Fact(Timeout = Deadline)]
    public async Task SoftBudget_WithAGraceOfTime_IsCutWhenItIsOverUntilTheNextPeriod()
    {
        var time = new ManualTime();
        await using var bed = await LimitBed.StartAsync(Rules(time, "duration: 2m"), time);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed.Gateway.Client));
        time.Advance(TimeSpan.FromSeconds(119));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed.Gateway.Client));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(bed.Gateway.Client));
        Assert.Equal(2, bed.Mill.Requests);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed.Gateway.Client));
    }

    [Fact(Timeout = Deadline)]
    public async Task Grace_OfTime_GoesOnWhileTheGatewayIsRestarted()
    {
        var time = new ManualTime();
        await using var bed = await LimitBed.StartAsync(Rules(time, "duration: 2m"), time);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed.Gateway.Client));
        time.Advance(TimeSpan.FromSeconds(60));
        using var again = await bed.Gateway.RestartAsync();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(again));
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(again));
        using var afterwards = await bed.Gateway.RestartAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(afterwards));
    }

    [Fact(Timeout = Deadline)]
    public async Task Grace_OfTimeAndAmount_EndsWithTheAmount()
    {
        var time = new ManualTime();
        await using var bed = await LimitBed.StartAsync(Rules(time, "duration: 2m, amount: 0.0002"), time);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(bed.Gateway.Client));
        var status = HttpStatusCode.OK;
        while (status == HttpStatusCode.OK && bed.Mill.Bill <= 200_000) status = await StatusAsync(bed.Gateway.Client);
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        Assert.InRange(bed.Mill.Bill, 1, 200_000);
    }

    // Half an hour before the next period at least, and an hour at most: each advance of the clock is a long way for the gateway's timers.
    private static string Rules(ManualTime time, string grace) =>
        $"budgets: {{cut: {{limit: 0, period: day, starts: {{hour: {time.GetUtcNow().AddHours(1).Hour}}}, mode: soft, on_exceeded: cut, grace: {{{grace}}}}}}}";

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client)
    {
        using var body = new StringContent(LimitBed.ChatBody("o", ""","max_tokens":1"""), Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/v1/chat/completions", body, TestContext.Current.CancellationToken);
        await LimitBed.TextAsync(answer);
        return answer.StatusCode;
    }
}
