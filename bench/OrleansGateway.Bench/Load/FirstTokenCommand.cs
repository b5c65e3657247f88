using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace OrleansGateway.Bench.Load;

/// <summary>
/// <c>first-token</c>: streams of one and the same chat, asked for by some callers one after the other, and the time to the first byte of each. On a route with
/// <c>model_cache</c> all but the first come from the cache. Exit code 1 if the bound is not kept.
/// </summary>
internal static class FirstTokenCommand
{
    public static Command Create()
    {
        var target = new Target.Options();
        var count = new Option<int>("--count") { Description = "Streams that are measured.", DefaultValueFactory = _ => 10_000 };
        var callers = new Option<int>("--callers") { Description = "Callers at once.", DefaultValueFactory = _ => 1 };
        var most = new Option<double>("--p99-max") { Description = "Bound for the p99, in milliseconds.", DefaultValueFactory = _ => double.PositiveInfinity };
        var command = new Command("first-token", "Measure the time to the first byte of streams that are all the same.") { count, callers, most };
        target.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(target.Read(parsed), parsed.GetValue(count), parsed.GetValue(callers), parsed.GetValue(most), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Target target, int count, int callers, double mostMs, CancellationToken cancellation)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", target.Key);
        // The first fills the cache, others warm up.
        for (var i = 0; i < 500; i++) await AskAsync(client, target, null, cancellation);
        var (times, hits) = (new Samples(), 0);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            for (var i = 0; i < count / callers; i++)
            {
                if (await AskAsync(client, target, times, cancellation)) Interlocked.Increment(ref hits);
            }
        }));
        Console.WriteLine(times.Table("first byte"));
        Console.WriteLine($"from the cache         {hits,9:N0} of {times.Count:N0}");
        return times.Micros(0.99) <= mostMs * 1000 ? 0 : 1;
    }

    private static async Task<bool> AskAsync(HttpClient client, Target target, Samples? times, CancellationToken cancellation)
    {
        var chat = new { model = target.Model, temperature = 0, stream = true, messages = new[] { new { role = "user", content = Words.OfLength(800) } } };
        using var request = new HttpRequestMessage(HttpMethod.Post, target.Url.AbsoluteUri.TrimEnd('/') + "/chat/completions") { Content = JsonContent.Create(chat) };
        var startedAt = Stopwatch.GetTimestamp();
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        answer.EnsureSuccessStatusCode();
        var buffer = new byte[16 << 10];
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var bytes = await body.ReadAsync(buffer, cancellation);
        times?.Add(Stopwatch.GetTimestamp() - startedAt);
        while (bytes > 0) bytes = await body.ReadAsync(buffer, cancellation);
        return answer.Headers.TryGetValues("Cache-Status", out var status) && status.First().Contains("hit", StringComparison.Ordinal);
    }
}
