using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansGateway.Bench.Load;

namespace OrleansGateway.Bench.Stampede;

/// <summary>Crowds of each kind, and whether the bounds were kept.</summary>
internal sealed class StampedeRun(CrowdOrigin origin, Uri url, int crowd, int rounds)
{
    private const double BehindMaxMs = 5;
    private const double TimesMax = 1.2;
    private const int Warm = 16;

    /// <summary>Crowds until the code of both programs is compiled and their connections are open.</summary>
    private const int WarmCrowds = 12;

    private bool _isKept = true;

    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        var clients = await OpenAsync(url, cancellation);
        await FirstAsync(clients, cancellation);
        foreach (var folder in (string[])["pages/", "own/"])
        {
            for (var i = 0; i < Warm; i++) await AskAsync([clients[i]], $"{folder}warm{i}", cancellation);
            for (var i = 0; i < WarmCrowds; i++) await AskAsync(clients, $"{folder}warming{i}", cancellation);
        }

        await StorableAsync(clients, cancellation);
        await OwnAsync(clients, cancellation);
        foreach (var client in clients) client.Dispose();
        await StraightAsync(cancellation);
        return _isKept;
    }

    private async Task StorableAsync(LoadConnection[] clients, CancellationToken cancellation)
    {
        var (asked, behind) = (new List<int>(), new Samples());
        for (var round = 0; round < rounds; round++)
        {
            var came = await AskAsync(clients, $"pages/crowd{round}", cancellation);
            asked.Add(origin.AskedFor($"/pages/crowd{round}"));
            var first = came.Min(static one => one.Head);
            foreach (var one in came) behind.Add(one.Head - first);
        }

        Judge("requests to the origin for a crowd that asks for what can be stored", asked.Max(), 1, "");
        Console.WriteLine(behind.Table("behind the first"));
        Judge("first byte behind the first one's, p99", behind.Micros(0.99) / 1000, BehindMaxMs, " ms");
    }

    private async Task OwnAsync(LoadConnection[] clients, CancellationToken cancellation)
    {
        var (single, all) = (new Samples(), new Samples());
        for (var round = 0; round < rounds; round++)
        {
            single.Add((await AskAsync([clients[0]], $"own/single{round}", cancellation))[0].End);
            all.Add((await AskAsync(clients, $"own/crowd{round}", cancellation)).Max(static one => one.End));
        }

        Console.WriteLine(single.Table("one alone"));
        Console.WriteLine(all.Table("last of a crowd"));
        Judge("time of a crowd that asks for what cannot be stored, over one's alone (medians)", all.Micros(0.5) / single.Micros(0.5), TimesMax, "");
    }

    /// <summary>Nobody has ever seen an answer of this route: that its first crowd waits for one head is the price of asking the origin once. Told, not judged.</summary>
    private async Task FirstAsync(LoadConnection[] clients, CancellationToken cancellation)
    {
        var took = (await AskAsync(clients, "first/own/crowd", cancellation)).Max(static one => one.End);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"first crowd of a new route, cold, nothing can be stored: {Stopwatch.GetElapsedTime(0, took).TotalMilliseconds:N0} ms"));
    }

    /// <summary>What of it is the machine's: the same crowd, without the gateway.</summary>
    private async Task StraightAsync(CancellationToken cancellation)
    {
        var (clients, all) = (await OpenAsync(origin.Url, cancellation), new Samples());
        for (var i = 0; i < WarmCrowds; i++) await AskAsync(clients, "own/straight", cancellation);
        for (var round = 0; round < rounds; round++) all.Add((await AskAsync(clients, "own/straight", cancellation)).Max(static one => one.End));
        Console.WriteLine(all.Table("straight to the origin"));
        foreach (var client in clients) client.Dispose();
    }

    private async Task<LoadConnection[]> OpenAsync(Uri to, CancellationToken cancellation)
    {
        var (clients, target) = (new LoadConnection[crowd], new Target(to, "", "", []));
        for (var i = 0; i < crowd; i++) clients[i] = await LoadConnection.OpenAsync(target, cancellation);
        return clients;
    }

    /// <summary>Asks for one path, all at once. Times are from when the first request was sent.</summary>
    private async Task<(long Head, long End)[]> AskAsync(LoadConnection[] clients, string path, CancellationToken cancellation)
    {
        // Without credentials: to those of an upstream nothing is stored.
        var request = Encoding.ASCII.GetBytes($"GET /{path} HTTP/1.1\r\nHost: {url.Authority}\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n");
        var began = Stopwatch.GetTimestamp();
        return await Task.WhenAll(clients.Select(async client =>
        {
            await client.SendAsync(request, cancellation);
            var length = await client.ReadHeadAsync(cancellation);
            var head = Stopwatch.GetTimestamp() - began;
            await client.SkipAsync(length, cancellation);
            return (head, Stopwatch.GetTimestamp() - began);
        }));
    }

    private void Judge(string what, double found, double most, string unit)
    {
        var isKept = found <= most;
        _isKept &= isKept;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(isKept ? "PASS" : "FAIL")} {what}: {found:0.##}{unit} (at most {most:0.##}{unit})"));
    }
}
