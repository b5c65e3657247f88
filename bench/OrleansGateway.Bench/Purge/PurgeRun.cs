using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Stampede;

namespace OrleansGateway.Bench.Purge;

/// <summary>Fills the cache, asks for neighbours all the time, purges, and looks at what is left.</summary>
internal sealed class PurgeRun(TaggedOrigin origin, GatewayProcess gateway, int objects)
{
    private const int Fillers = 32;
    private const int Neighbours = 1_000;
    private const int Warm = 1_000;
    private const int Purges = 7;
    private const double PurgeMaxMs = 2;
    private const double SlowerMaxMs = 5;

    private static readonly TimeSpan s_watched = TimeSpan.FromSeconds(3);

    private bool _isKept = true;

    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        using var admin = new HttpClient { BaseAddress = gateway.Admin };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.AdminToken);
        await FillAsync("few", Neighbours, cancellation);
        var held = await HeldAsync(admin, cancellation);
        var began = Stopwatch.GetTimestamp();
        await FillAsync("many", objects, cancellation);
        Say($"{objects:N0} answers stored in {Stopwatch.GetElapsedTime(began).TotalSeconds:N0} s; {await MetricAsync(admin, "gateway_cache_size_bytes", cancellation) / objects:N0} bytes each");

        var nothing = new Samples();
        for (var i = 0; i < Warm; i++) nothing.Add(await PurgeAsync(admin, $"nothing{i}", cancellation));
        Console.WriteLine(nothing.Table("purge of a tag without answers"));
        var before = await WatchAsync(purge: null, cancellation);
        Console.WriteLine(before.Table("GET of a neighbour, before"));
        // As often as may be before the first of them is swept out: one alone says more of the disk's mood than of the purge.
        var many = new Samples();
        var meanwhile = await WatchAsync(
            async () =>
            {
                for (var i = 0; i < Purges; i++) many.Add(await PurgeAsync(admin, "many", cancellation));
            }, cancellation);
        Console.WriteLine(many.Table("purge of all"));
        Console.WriteLine(meanwhile.Table("GET of a neighbour, meanwhile"));
        Judge("purge until acknowledged, median, in ms", many.Micros(0.5) / 1000, PurgeMaxMs);
        Judge("slowest GET meanwhile, over the slowest before, in ms", (meanwhile.Micros(1) - before.Micros(1)) / 1000, SlowerMaxMs);
        await LeftAsync(admin, held, cancellation);
        return _isKept;
    }

    private async Task LeftAsync(HttpClient admin, double held, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        while (await HeldAsync(admin, cancellation) > held && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(5)) await Task.Delay(200, cancellation);
        Judge("selectors held once all is swept, over those of before", await HeldAsync(admin, cancellation) - held, 0);
        Say($"swept after {Stopwatch.GetElapsedTime(began).TotalSeconds:N1} s");
        var asked = origin.Asked;
        await FillAsync("few", Neighbours, cancellation);
        Judge("neighbours that had to be fetched again", origin.Asked - asked, 0);
        asked = origin.Asked;
        await FillAsync("many", Neighbours, cancellation);
        Judge("purged answers that were given all the same", Neighbours - (origin.Asked - asked), 0);
    }

    /// <summary>Times of GETs of neighbours, by two clients, for some seconds; the purge comes after the first.</summary>
    private async Task<Samples> WatchAsync(Func<Task>? purge, CancellationToken cancellation)
    {
        var (began, all) = (Stopwatch.GetTimestamp(), new Samples());
        var clients = Enumerable.Range(0, 2).Select(async number =>
        {
            using var connection = await LoadConnection.OpenAsync(new Target(gateway.Url, "", "", []), cancellation);
            for (var i = number; Stopwatch.GetElapsedTime(began) < s_watched; i++)
            {
                var sent = Stopwatch.GetTimestamp();
                await AskAsync(connection, Request("few", i % Neighbours), cancellation);
                var took = Stopwatch.GetTimestamp() - sent;
                lock (all) all.Add(took);
            }
        }).ToList();
        await Task.Delay(s_watched / 3, cancellation);
        if (purge is not null) await purge();
        await Task.WhenAll(clients);
        return all;
    }

    private async Task FillAsync(string folder, int count, CancellationToken cancellation)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Fillers).Select(async _ =>
        {
            using var connection = await LoadConnection.OpenAsync(new Target(gateway.Url, "", "", []), cancellation);
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next)) await AskAsync(connection, Request(folder, i), cancellation);
        }));
    }

    private byte[] Request(string folder, int number) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET /{folder}/{number} HTTP/1.1\r\nHost: {gateway.Url.Authority}\r\nUser-Agent: bench\r\n\r\n"));

    private static async Task AskAsync(LoadConnection connection, byte[] request, CancellationToken cancellation)
    {
        await connection.SendAsync(request, cancellation);
        await connection.SkipAsync(await connection.ReadHeadAsync(cancellation), cancellation);
    }

    private static async Task<long> PurgeAsync(HttpClient admin, string tag, CancellationToken cancellation)
    {
        var sent = Stopwatch.GetTimestamp();
        using var answer = await admin.PostAsJsonAsync("admin/v1/purge", new { tags = new[] { tag } }, cancellation);
        answer.EnsureSuccessStatusCode();
        return Stopwatch.GetTimestamp() - sent;
    }

    private static Task<double> HeldAsync(HttpClient admin, CancellationToken cancellation) => MetricAsync(admin, "gateway_invalidation_held", cancellation);

    private static async Task<double> MetricAsync(HttpClient admin, string name, CancellationToken cancellation)
    {
        var text = await admin.GetStringAsync("metrics", cancellation);
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal) || line.StartsWith(name + "{", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    private static void Say(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));

    private void Judge(string what, double found, double most)
    {
        var isKept = found <= most;
        _isKept &= isKept;
        Say($"{(isKept ? "PASS" : "FAIL")} {what}: {found:0.##} (at most {most:0.##})");
    }
}
