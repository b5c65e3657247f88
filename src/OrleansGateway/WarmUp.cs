using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.Events;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Limits;
using OrleansGateway.Telemetry;
using OrleansGateway.Tenants;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;
using OrleansGateway.Usage;

namespace OrleansGateway;

/// <summary>
/// Runs the way of a request before the first one comes, so that the first is not the one that waits for the compiler. A second gateway does it: its own metrics,
/// log and configuration, on a free port of loopback, behind a key that nobody else has, with the fake provider at its end. So all of the way is run, from
/// socket to socket, and no trace of it is left in the one that serves.
/// </summary>
internal sealed class WarmUp : IAsyncDisposable
{
    /// <summary>Longest that a start is held up.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(1);

    // The runtime compiles for good what has been called 30 times.
    private const int Rounds = 40;
    private const string Path = "/v1/chat/completions";

    private static readonly NoUsage s_noUsage = new();

    private readonly string _key = KeyText.New(KeyText.KeyPrefix);
    private readonly ServiceProvider _services;
    private Snapshot _snapshot;

    private WarmUp()
    {
        _snapshot = Compile(new Uri("http://127.0.0.1"));
        _services = new ServiceCollection()
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
            .AddLogging()
            .AddSingleton<Func<Snapshot>>(() => _snapshot)
            .AddSingleton<ICallers>(new StatedOnly())
            .AddSingleton<ITenants>(new StatedOnly())
            .AddSingleton(static provider => new AccessLog(
                "", Stream.Null, provider.GetRequiredService<GatewayMetrics>(), provider.GetRequiredService<TimeProvider>(), NullLogger<AccessLog>.Instance))
            .AddSingleton(static provider => new OtlpExport(
                new TelemetrySettings(), provider.GetRequiredService<GatewayMetrics>(), provider.GetRequiredService<Random>(), NullLogger<OtlpExport>.Instance))
            .AddSingleton<IAdmissions>(static provider => new LeasedAdmissions(
                new EdgeSettings(), Guid.Empty, new NoMoney(), provider.GetRequiredService<EmbeddedOwners>(), new EdgeNotices(), provider.GetRequiredService<TimeProvider>(),
                NullLogger<LeasedAdmissions>.Instance))
            .AddSingleton(static provider => new EmbeddedOwners(
                new NoMoney(), account => provider.GetRequiredService<RuleTables>().Current.SpecOf(account), provider.GetRequiredService<TimeProvider>(),
                NullLogger<EmbeddedOwners>.Instance, new OwnerSettings(), levelsFile: null))
            .AddSingleton<IOwnerViews>(static provider => provider.GetRequiredService<EmbeddedOwners>())
            .AddSingleton(new EdgeSession(Guid.Empty, ""))
            .AddSingleton<IUsageLog>(s_noUsage)
            .AddSingleton<IUsageReports>(s_noUsage)
            // No webhook asks for events, so nothing is stored.
            .AddSingleton(static provider => new LimitEvents(
                new EventLog(store: null!, provider.GetRequiredService<Func<Snapshot>>()), provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(new InvalidationTable())
            .AddSingleton<IInvalidationSequencer>(new NoInvalidations())
            .AddGateway(configFolder: ".")
            .BuildServiceProvider();
    }

    /// <summary>Runs for at most <see cref="TimeMax"/>. Does not fail: a gateway that is not warm serves all the same.</summary>
    public static async Task RunAsync(TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        using var limit = new CancellationTokenSource(TimeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var rounds = 0;
        try
        {
            await using var warmUp = new WarmUp();
            var address = await warmUp.ListenAsync(either.Token);
            for (; rounds < Rounds; rounds++) await warmUp.CallAsync(address, stream: (rounds & 1) == 1, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // As warm as it gets in the time.
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            log.Failed(failed.Message);
        }

        log.Warm(rounds, time.GetElapsedTime(began).TotalMilliseconds);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>Listens, and makes itself its own provider.</summary>
    private async Task<Uri> ListenAsync(CancellationToken cancellation)
    {
        var listeners = _services.GetRequiredService<DataListeners>();
        if (await listeners.ApplyAsync(_snapshot, cancellation) is { } reason) throw new IOException(reason);
        _snapshot = Compile(listeners.Addresses[0]);
        return listeners.Addresses[0];
    }

    /// <summary>A call that goes through the gateway twice: the provider of its model is the gateway again, which has it answered by the fake one.</summary>
    private async Task CallAsync(Uri address, bool stream, CancellationToken cancellation)
    {
        var request = new UpstreamRequest
        {
            Method = HttpMethod.Post,
            Uri = new Uri(address, Path),
            Body = Encoding.UTF8.GetBytes($$"""{"model":"near","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"Hello"}]}"""),
            ConnectTimeout = TimeMax,
        };
        request.Headers.Add(new("Authorization", new AuthenticationHeaderValue("Bearer", _key).ToString()));
        await using var response = await _services.GetRequiredService<Http1Upstream>().SendAsync(request, cancellation);
        if (response.Status != StatusCodes.Status200OK) throw new IOException($"status {response.Status}");
        var buffer = new byte[4 << 10];
        while (await response.ReadAsync(buffer, cancellation) > 0)
        {
            // Only its coming counts.
        }
    }

    private Snapshot Compile(Uri self) => Snapshot.Compile(
        new GatewaySettings
        {
            Listeners = new ListenerSettings { Data = [new DataListenerSettings { Address = new IPEndPoint(IPAddress.Loopback, 0) }] },
            Tenants = new Dictionary<string, TenantSettings> { ["warm"] = new() },
            Keys = new Dictionary<string, KeySettings> { ["warm"] = new() { Tenant = "warm", Secret = new Secret(_key) } },
            Providers = new Dictionary<string, ProviderSettings>
            {
                ["self"] = new() { Kind = ProviderKind.OpenAI, BaseUrl = new Uri(self, "/v1"), ApiKey = new Secret(_key) },
                ["fake"] = new() { Kind = ProviderKind.Fake },
            },
            Models = new Dictionary<string, ModelSettings>
            {
                ["near"] = new() { Targets = [new TargetSettings { Provider = "self", Model = "far" }] },
                ["far"] = new() { Targets = [new TargetSettings { Provider = "fake" }] },
            },
            Routes = new Dictionary<string, RouteSettings> { ["all"] = new() { Path = "/" } },
            RateLimits = new Dictionary<string, RateLimitSettings> { ["all"] = new() { Per = ["key"], Limit = Quantity.Of(1_000_000) } },
        },
        sequence: 0,
        text: "");

    /// <summary>There are no budgets, so nobody asks.</summary>
    private sealed class NoMoney : ILedgerStore, IHoldJournal
    {
        public ValueTask<LedgerRecord> AcquireAsync(string owner, CancellationToken cancellation) => throw new LedgerException("There is no ledger.");

        public ValueTask<LedgerOutcome> WriteAsync(LedgerWrite write, CancellationToken cancellation) => throw new LedgerException("There is no ledger.");

        public ValueTask<LedgerRecord?> ReadAsync(string owner, CancellationToken cancellation) => throw new LedgerException("There is no ledger.");

        public ValueTask<IReadOnlyList<string>> OwnersOfOthersAsync(IReadOnlyList<Guid> sessions, CancellationToken cancellation) => throw new LedgerException("There is no ledger.");

        public int Opened(AccountId account, long lease, long period) => 0;

        public bool Held(long hold, string name, ReadOnlySpan<Charge> charges) => false;

        public void Ended(long hold, ReadOnlySpan<Charge> spent)
        {
        }

        public void Closed(int lease)
        {
        }
    }

    /// <summary>What is used is written down by nobody, and nobody asks for it.</summary>
    private sealed class NoUsage : IUsageLog, IUsageReports
    {
        public bool HasRoom => true;

        public bool TryAppend(ReadOnlySpan<UsageRecord> records) => true;

        public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;

        public ValueTask<UsageReport> ReportAsync(UsageQuery query, CancellationToken cancellation) => throw new UsageStoreException("There is no store.");

        public IAsyncEnumerable<UsageRecord> ReadAsync(UsageRecordQuery query, CancellationToken cancellation) => throw new UsageStoreException("There is no store.");

        public ValueTask<IReadOnlyList<UsageCharge>> SumChargesAsync(CancellationToken cancellation) => throw new UsageStoreException("There is no store.");

        public ValueTask<IReadOnlyList<RollupDifference>> CompareRollupsAsync(int most, CancellationToken cancellation) => throw new UsageStoreException("There is no store.");
    }

    /// <summary>Nothing is changed on the way here.</summary>
    private sealed class NoInvalidations : IInvalidationSequencer
    {
        public ValueTask<InvalidationReceipt> PublishAsync(InvalidationRequest request, CancellationToken cancellation) => throw new InvalidationException("There is no sequence.");
    }

    /// <summary>Only those of the configuration: there is no store behind it.</summary>
    private sealed class StatedOnly : ICallers, ITenants
    {
        public TenantSettings? Find(Snapshot snapshot, string id) => snapshot.Settings.Tenants.GetValueOrDefault(id);

        public Caller? Find(Snapshot snapshot, KeyHash hash) => snapshot.Keys.GetValueOrDefault(hash);
    }
}

internal static partial class WarmUpLog
{
    [LoggerMessage(1006, LogLevel.Debug, "Warmed up with {Rounds} calls in {ElapsedMs:0} ms")]
    public static partial void Warm(this ILogger log, int rounds, double elapsedMs);

    [LoggerMessage(1007, LogLevel.Information, "Not warmed up, the first requests will take longer: {Reason}")]
    public static partial void Failed(this ILogger log, string reason);
}
