using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansGateway.Bench.Load;

namespace OrleansGateway.Bench.Stampede;

/// <summary>Crowds of each kind, and whether the bounds were kept.</summary>
/// <param name="name">Of what is measured.</param>
/// <param name="origin">What is asked by way of it.</param>
/// <param name="url">Where it listens.</param>
/// <param name="crowd">Clients at once.</param>
/// <param name="rounds">Crowds of each kind.</param>
/// <param name="pause">Time in which all answers of a crowd have surely come.</param>
internal sealed class StampedeRun(string name, CrowdOrigin origin, Uri url, int crowd, int rounds, TimeSpan pause)
{
    private const double BehindMaxMs = 5;
    private const double TimesMax = 1.2;
    private const int Warm = 4;

    /// <summary>Crowds until the code of both programs is compiled and their connections are open.</summary>
    private const int WarmCrowds = 24;

    private bool _isKept = true;

    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        Console.WriteLine(name);
        var clients = Open(url);
        await FirstAsync(clients, cancellation);
        foreach (var folder in (string[])["pages/", "own/"])
        {
            for (var i = 0; i < Warm; i++) await AskAsync([clients[i]], $"{folder}{name}-warm{i}", cancellation);
            for (var i = 0; i < WarmCrowds; i++) await AskAsync(clients, $"{folder}{name}-warming{i}", cancellation);
        }

        await StorableAsync(clients, cancellation);
        await OwnAsync(clients, cancellation);
        foreach (var client in clients) client.Dispose();
        return _isKept;
    }

    /// <summary>What of it is the machine's: the same crowd with nothing between it and the origin, and answers that are sent as fast as the kernel takes them.</summary>
    public async Task StraightAsync(CancellationToken cancellation)
    {
        var (clients, all, behind) = (Open(origin.Url), new Samples(), new Samples());
        for (var i = 0; i < WarmCrowds; i++) await AskAsync(clients, "own/straight", cancellation);
        for (var round = 0; round < rounds; round++) all.Add((await AskAsync(clients, "own/straight", cancellation)).Max(static one => one.End));
        Console.WriteLine(all.Table("straight to the origin"));
        foreach (var client in clients) client.Dispose();

        using var ready = new ReadyAnswers();
        clients = Open(ready.Url);
        ready.Accept(crowd);
        for (var round = 0; round < WarmCrowds + rounds; round++)
        {
            ready.SendAll();
            var came = clients.Select(static client => client.Read()).Select(static one => one.First).ToArray();
            if (round >= WarmCrowds) foreach (var one in came) behind.Add(Ticks(one - came.Min()));
        }

        Console.WriteLine(behind.Table("sends alone"));
        foreach (var client in clients) client.Dispose();
    }

    private async Task StorableAsync(Arrivals[] clients, CancellationToken cancellation)
    {
        var (asked, behind) = (new List<int>(), new Samples());
        for (var round = 0; round < rounds; round++)
        {
            var came = await AskAsync(clients, $"pages/{name}-crowd{round}", cancellation);
            asked.Add(origin.AskedFor($"/pages/{name}-crowd{round}"));
            var first = came.Min(static one => one.Head);
            foreach (var one in came) behind.Add(one.Head - first);
        }

        Judge("requests to the origin for a crowd that asks for what can be stored", asked.Max(), 1, "");
        Console.WriteLine(behind.Table("behind the first"));
        Judge("first byte behind the first one's, p99", behind.Micros(0.99) / 1000, BehindMaxMs, " ms");
    }

    private async Task OwnAsync(Arrivals[] clients, CancellationToken cancellation)
    {
        var (single, all) = (new Samples(), new Samples());
        for (var round = 0; round < rounds; round++)
        {
            single.Add((await AskAsync([clients[0]], $"own/{name}-single{round}", cancellation))[0].End);
            all.Add((await AskAsync(clients, $"own/{name}-crowd{round}", cancellation)).Max(static one => one.End));
        }

        Console.WriteLine(single.Table("one alone"));
        Console.WriteLine(all.Table("last of a crowd"));
        Judge("time of a crowd that asks for what cannot be stored, over one's alone (medians)", all.Micros(0.5) / single.Micros(0.5), TimesMax, "");
    }

    /// <summary>Nobody has ever seen an answer of this route: that its first crowd waits for one head is the price of asking the origin once. Told, not judged.</summary>
    private async Task FirstAsync(Arrivals[] clients, CancellationToken cancellation)
    {
        var took = (await AskAsync(clients, $"first/own/{name}-crowd", cancellation)).Max(static one => one.End);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"first crowd of a new route, cold, nothing can be stored: {Stopwatch.GetElapsedTime(0, took).TotalMilliseconds:N0} ms"));
    }

    private Arrivals[] Open(Uri to) => [.. Enumerable.Range(0, crowd).Select(_ => new Arrivals(to))];

    /// <summary>Asks for one path, all at once. Times are from when the first request was sent to when answers came in.</summary>
    private async Task<(long Head, long End)[]> AskAsync(Arrivals[] clients, string path, CancellationToken cancellation)
    {
        // Without credentials: to those of an upstream nothing is stored.
        var request = Encoding.ASCII.GetBytes($"GET /{path} HTTP/1.1\r\nHost: {url.Authority}\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n");
        // By the clock that the kernel notes arrivals by.
        var began = DateTime.UtcNow;
        foreach (var client in clients) client.Send(request);
        // Nobody looks before it is over.
        await Task.Delay(pause, cancellation);
        return [.. clients.Select(client => client.Read()).Select(came => (Ticks(came.First - began), Ticks(came.Last - began)))];
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private void Judge(string what, double found, double most, string unit)
    {
        var isKept = found <= most;
        _isKept &= isKept;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(isKept ? "PASS" : "FAIL")} {what}: {found:0.##}{unit} (at most {most:0.##}{unit})"));
    }
}
