using System.Collections.Concurrent;
using System.Net;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Operations;

/// <summary>Reloads while the gateway is busy.</summary>
public sealed class ReloadUnderLoadTests : IDisposable
{
    private const int Requests = 10_000, Reloads = 20, Streams = 50, Workers = 16;
    private const int InvalidRound = 10;

    private readonly ConcurrentDictionary<string, int> _seen = [];
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly SemaphoreSlim _progress = new(0);
    private readonly TaskCompletionSource[] _gates = [.. Enumerable.Range(0, Streams).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
    private string _streamModel = "";
    private int _requests;
    private bool _reloaded;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Reload_TwentyTimesUnderLoad_FailsNoRequestAndBreaksNoStream()
    {
        await using var upstream = await MockUpstream.StartAsync(
            request => StreamInFlight.Answer(_gates[int.Parse(request.Json().GetProperty("messages")[0].GetProperty("content").GetString()!, CultureInfo.InvariantCulture)].Task));
        await using var gateway = await GatewayUnderTest.StartAsync("");
        var applied = new List<string> { await ApplyAsync(gateway, upstream, round: 0) };

        var workers = Enumerable.Range(0, Workers).Select(_ => WorkAsync(gateway)).ToArray();
        var streams = new List<StreamInFlight>();
        for (var round = 1; round <= Reloads; round++)
        {
            await OpenStreamsAsync(gateway, streams, round, applied[^1]);
            await _progress.WaitAsync(Cancel);
            if (round == InvalidRound) await RefuseAsync(gateway, upstream, applied[^1]);
            else applied.Add(await ApplyAsync(gateway, upstream, round));
            // Those of two rounds ago, so that each outlives two reloads; the very first outlives all.
            foreach (var gate in _gates.Skip(1).Take(Begun(round - 1) - 1)) gate.TrySetResult();
        }

        Volatile.Write(ref _reloaded, true);
        foreach (var gate in _gates) gate.TrySetResult();
        foreach (var stream in streams)
        {
            await stream.FinishAsync(Cancel);
            stream.Dispose();
        }

        await Task.WhenAll(workers);
        Assert.Empty(_failures);
        Assert.Equal(Streams, streams.Count);
        Assert.True(_requests >= Requests, $"{_requests} requests");
        Assert.Equal(Reloads, applied.Distinct().Count());
        Assert.Empty(_seen.Keys.Except(applied));
        Assert.True(_seen.Count > Reloads / 2, $"{_seen.Count} versions served requests: the reloads were not spread over the load");
    }

    public void Dispose() => _progress.Dispose();

    /// <summary>Streams begun before a round's reload.</summary>
    private static int Begun(int round) => Math.Max(1, round * Streams / Reloads);

    private async Task OpenStreamsAsync(GatewayUnderTest gateway, List<StreamInFlight> streams, int round, string version)
    {
        while (streams.Count < Begun(round))
        {
            var number = streams.Count.ToString(CultureInfo.InvariantCulture);
            streams.Add(await StreamInFlight.OpenAsync(gateway.Client, gateway.Url, Cancel, _streamModel, number));
            Assert.Equal(version, streams[^1].Version);
        }
    }

    private async Task WorkAsync(GatewayUnderTest gateway)
    {
        var newest = 0;
        for (int number; (number = Interlocked.Increment(ref _requests)) <= Requests || !Volatile.Read(ref _reloaded);)
        {
            using var request = GatewayCalls.Chat(gateway.Url, "quick", "hello");
            using var response = await gateway.Client.SendAsync(request, Cancel);
            var body = await response.Content.ReadAsStringAsync(Cancel);
            var version = GatewayCalls.VersionOf(response);
            if (response.StatusCode != HttpStatusCode.OK || !body.Contains("You said: hello", StringComparison.Ordinal)) _failures.Enqueue($"{response.StatusCode}: {body}");
            if (SequenceOf(version) < newest) _failures.Enqueue($"{version} after {newest}");
            newest = SequenceOf(version);
            _seen.AddOrUpdate(version, 1, static (_, count) => count + 1);
            if (number % (Requests / (Reloads + 1)) == 0) _progress.Release();
        }
    }

    private async Task<string> ApplyAsync(GatewayUnderTest gateway, MockUpstream upstream, int round)
    {
        Write(gateway, Yaml(upstream, round));
        var result = await gateway.Host.Configuration.ReloadAsync(Cancel);
        Assert.True(result.Changed, string.Join('\n', result.Faults));
        _streamModel = StreamModel(round);
        return result.Version;
    }

    private static async Task RefuseAsync(GatewayUnderTest gateway, MockUpstream upstream, string running)
    {
        Write(gateway, Yaml(upstream, InvalidRound)
            .Replace("idle: ", "idel: ", StringComparison.Ordinal)
            .Replace("round: {tenant: acme", "round: {tenant: acne", StringComparison.Ordinal)
            .Replace("provider: mock", "provider: mok", StringComparison.Ordinal));
        var result = await gateway.Host.Configuration.ReloadAsync(Cancel);
        Assert.Equal((running, false), (result.Version, result.Changed));
        Assert.Equal(
            ["keys.round.tenant", "models.slow-0.targets[0].provider", "providers.mock.timeouts.idel"],
            result.Faults.Select(f => f.Path).Order(StringComparer.Ordinal));
    }

    private static void Write(GatewayUnderTest gateway, string yaml) => File.WriteAllText(Path.Combine(gateway.Folder, "gateway.yaml"), yaml);

    /// <summary>Each round changes limits, keys, timeouts and models; the model of the streams goes by another name in every other one.</summary>
    private static string Yaml(MockUpstream upstream, int round) => $$"""
        listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
        access_log: {output: access.log}
        limits: {request_body_max: {{1 + (round % 3)}}MiB}
        drain_timeout: {{20 + round}}s
        tenants: {acme: {} }
        keys:
          test: {tenant: acme, secret: {{GatewayUnderTest.Key}} }
          round: {tenant: acme, secret: key-of-round-{{1000 + round}}-0123456789}
        routes: {default: {path: /} }
        providers:
          fake: {kind: fake, fake: {input_tokens: {{round}} } }
          mock: {kind: openai, base_url: "{{upstream.V1}}", timeouts: {connect: {{2 + (round % 2)}}s, idle: {{30 + round}}s} }
        models:
          quick: {targets: [{provider: fake}]}
          {{StreamModel(round)}}: {targets: [{provider: mock, model: slow}]}
        """;

    private static string StreamModel(int round) => $"slow-{round % 2}";

    private static int SequenceOf(string version) => int.Parse(version.Split('-')[0], CultureInfo.InvariantCulture);
}
