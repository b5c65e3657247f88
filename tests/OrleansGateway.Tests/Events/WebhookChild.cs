using OrleansGateway.Events;

namespace OrleansGateway.Tests.Events;

/// <summary>Appends events for three tenants and sends them, until it is killed.</summary>
internal static class WebhookChild
{
    public const int Tenants = 3;

    /// <param name="at">The folder of the state, and the receiver's address, with a bar between.</param>
    public static async Task RunAsync(string at)
    {
        var (folder, url) = (at.Split('|')[0], new Uri(at.Split('|')[1]));
        await using var bed = new EventBed(TimeProvider.System, folder: folder);
        bed.State(("hook", EventBed.To(url) with { RetryMin = TimeSpan.FromMilliseconds(10), RetryMax = TimeSpan.FromMilliseconds(50) }));
        await bed.StartAsync();
        var heads = (await bed.Store.StreamsAsync(CancellationToken.None)).ToDictionary(s => s.Tenant!, s => s.Head);
        for (var written = 1; ; written++)
        {
            for (var t = 0; t < Tenants; t++)
            {
                var number = heads[$"t{t}"] = heads.GetValueOrDefault($"t{t}") + 1;
                await bed.Log.AppendAsync([new NewEvent($"t{t}/{number}", $"t{t}", "key.created", TimeProvider.System.GetUtcNow(), "{}")], cursor: null, CancellationToken.None);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{heads.Values.Min()}, {written} in this life"));
        }
    }
}
