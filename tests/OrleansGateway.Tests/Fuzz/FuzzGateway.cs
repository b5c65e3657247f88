using System.Text.Json;
using OrleansGateway.Tests.Operations;
using OrleansGateway.Tests.Telemetry;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>The gateway that is fuzzed, in a process of its own, with all that its routes and models can do; and what can be seen of it from outside.</summary>
internal sealed class FuzzGateway : IAsyncDisposable
{
    private readonly OperationsFolder _folder;
    private readonly GatewayProcess _process;
    private readonly HttpClient _client = new();
    private int _linesSeen;

    private FuzzGateway(OperationsFolder folder, GatewayProcess process) => (_folder, _process) = (folder, process);

    public Uri Url => _process.Data;

    /// <summary>Whether it lives.</summary>
    public bool IsRunning => !_process.Errors.Ended.IsCompleted;

    public string Log => _process.Errors.Text;

    /// <summary>Memory in use, as the system counts it.</summary>
    public long ResidentBytes =>
        1024 * long.Parse(Array.Find(File.ReadAllLines($"/proc/{_process.Id}/status"), l => l.StartsWith("VmRSS:", StringComparison.Ordinal))!.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    /// <summary>Descriptors open: files, listeners, connections.</summary>
    public int Descriptors => Directory.GetFiles($"/proc/{_process.Id}/fd").Length;

    public static async Task<FuzzGateway> StartAsync(Uri steady, Uri unsteady, CancellationToken cancellation)
    {
        var folder = new OperationsFolder();
        folder.Write(Yaml(steady, unsteady));
        return new FuzzGateway(folder, await GatewayProcess.ServeAsync(folder.Path, cancellation));
    }

    /// <summary>Requests that it believes are in flight.</summary>
    public async Task<double> ActiveRequestsAsync(CancellationToken cancellation)
    {
        var text = await _client.GetStringAsync(new Uri(_process.Admin, "/metrics"), cancellation);
        return Exposition.Parse(text).Samples.Where(s => s.Key.StartsWith("http_server_active_requests", StringComparison.Ordinal)).Sum(s => s.Value);
    }

    /// <summary>Lines of its log, since this was last asked, that no client and no upstream may be the cause of.</summary>
    public IReadOnlyList<string> FreshErrorLines()
    {
        var lines = _process.Errors.Lines;
        var from = Interlocked.Exchange(ref _linesSeen, lines.Count);
        return [.. lines.Skip(from).Where(IsError)];
    }

    /// <summary>The lines of its access log that are not one object of JSON each, or hold a secret.</summary>
    public IEnumerable<string> BrokenAccessLines() => File.ReadLines(_folder.PathOf("access.log")).Where(line => !IsSound(line));

    /// <summary>Ends it as an operator would.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        _process.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
        Assert.Equal(0, await _process.ExitAsync(cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private static bool IsError(string line) =>
        line.Contains("Z fail: ", StringComparison.Ordinal) || line.Contains("Z crit: ", StringComparison.Ordinal) || line.Contains("Unhandled exception", StringComparison.Ordinal);

    private static bool IsSound(string line)
    {
        if (line.Contains(OperationsFolder.ProviderKey, StringComparison.Ordinal)) return false;
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Yaml(Uri steady, Uri unsteady) => $$"""
        listeners: {data: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
        access_log: {output: access.log}
        limits: {request_body_max: 1MiB}
        tenants: {acme: {} }
        keys: {test: {tenant: acme, secret: {{OperationsFolder.Key}} } }
        providers:
          fake: {kind: fake}
          openai: {kind: openai, base_url: "{{unsteady}}v1", api_key: {{OperationsFolder.ProviderKey}}, timeouts: &soon {connect: 5s, first_token: 3s, idle: 3s, total: 10s} }
          anthropic: {kind: anthropic, base_url: "{{unsteady}}v1", api_key: {{OperationsFolder.ProviderKey}}, timeouts: *soon}
        models:
          quick: {targets: [{provider: fake}]}
          slow: {targets: [{provider: openai}]}
          claude: {targets: [{provider: anthropic}]}
        upstreams:
          steady: {targets: [{url: "{{steady}}"}]}
          unsteady: {targets: [{url: "{{unsteady}}"}], ejection: {consecutive_failures: 0}, timeouts: {first_byte: 3s, idle: 3s} }
        routes:
          default: {path: /}
          steady: {path: /steady/, upstream: steady, auth: [anonymous], request_headers: {set: {x-set: a}, rename: {x-old: x-new} } }
          keyed: {path: /keyed/, upstream: steady}
          unsteady:
            path: /unsteady/
            upstream: unsteady
            auth: [anonymous]
            cors: {origins: ["https://app.example.com"]}
            compression: {bytes_min: 100}
            response_headers: {set: {x-set: a}, remove: [vary], add: {vary: y} }
          fixed: {path: /fixed, auth: [anonymous], respond: {body: hello} }
          moved: {path: "/moved/{rest...}", auth: [anonymous], redirect: {to: "https://{host}/{rest}{query}"} }

        """;
}
