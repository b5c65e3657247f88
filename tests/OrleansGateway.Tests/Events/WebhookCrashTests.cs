using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Events;

/// <summary>Whoever is killed, and whenever: every event that was told is received, in order, under one name.</summary>
public sealed class WebhookCrashTests
{
    private const int Kills = 6;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Events_AfterManyKills_AreReceivedAtLeastOnceAndWithoutAGap()
    {
        using var folder = new StateFolder();
        await using var receiver = await Receiver.StartAsync();
        var requests = 0;
        receiver.Answer = (http, _) =>
        {
            // Every seventh fails, so that kills meet retries too.
            http.Response.StatusCode = Interlocked.Increment(ref requests) % 7 == 0 ? 500 : 200;
            return Task.CompletedTask;
        };
        var acknowledged = 0L;
        for (var kill = 1; kill <= Kills; kill++)
        {
            await using var child = Child.Start("webhooks", $"{folder.Path}|{receiver.Url}");
            await child.Output.WaitForAsync($" {kill * 4} in this life", Cancel);
            await child.KillAsync(Cancel);
            acknowledged = long.Parse(child.Output.Lines[^2].Split(',')[0], CultureInfo.InvariantCulture);
        }

        await using var bed = new EventBed(TimeProvider.System, folder: folder.Path);
        bed.State(("hook", EventBed.To(receiver.Url) with { RetryMin = TimeSpan.FromMilliseconds(10), RetryMax = TimeSpan.FromMilliseconds(50) }));
        await bed.StartAsync();
        var streams = await bed.Store.StreamsAsync(Cancel);
        Assert.Equal(WebhookChild.Tenants, streams.Count);
        foreach (var stream in streams)
        {
            Assert.True(stream.Head >= acknowledged, $"{stream.Head} of {acknowledged}");
            await EventBed.UntilAsync(async () => (await bed.Webhooks.LaneAsync("hook", stream.Tenant, Cancel)).Position == stream.Head);
        }

        Assert.Empty(await bed.Webhooks.DeadLettersAsync("hook", 0, 1, Cancel));
        foreach (var stream in streams)
        {
            var received = receiver.All.Where(r => r.Tenant == stream.Tenant).ToArray();
            Assert.Equal(Enumerable.Range(1, (int)stream.Head).Select(n => (long)n), received.Select(r => r.Sequence).Distinct());
            Assert.All(received.GroupBy(r => r.Sequence), same => Assert.Single(same.Select(r => r.Id).Distinct()));
            Assert.All(received, r => Assert.True(r.IsSignedBy(EventBed.Secret)));
        }
    }
}
