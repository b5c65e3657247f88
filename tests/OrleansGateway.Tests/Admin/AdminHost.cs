using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansGateway.Accounting;
using OrleansGateway.Admin;
using OrleansGateway.Admin.Insights;
using OrleansGateway.Caching;
using OrleansGateway.Caching.Figures;
using OrleansGateway.Caching.Models;
using OrleansGateway.Caching.Reading;
using OrleansGateway.Routing;
using OrleansGateway.Telemetry;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Limits;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;
using OrleansGateway.Tests.Events;
using OrleansGateway.Tests.Leases;
using OrleansGateway.Tests.Limits;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Tenants;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Admin;

/// <summary>The admin API on a real listener, over a directory on a real store.</summary>
internal sealed class AdminHost : IAsyncDisposable
{
    /// <summary>The configuration it starts with: what <see cref="TestDirectory.Settings"/> has, and a provider with a key that stands in it.</summary>
    public const string Yaml = """
        # Kept when it is applied.
        tenants:
          acme: {name: Acme Inc., teams: {blue: {users: {ada: {} } } } }
          closed: {enabled: false}
        keys: {configured: {tenant: acme, secret: a-key-from-the-configuration} }
        providers:
          mock: {kind: openai, api_key: sk-literal-0123456789, headers: {x-extra: 'a secret, too'} }
        routes: {chat: {path: /} }
        rate_limits: {per-key: {per: [key], limit: 60} }
        budgets: {team: {per: [tenant, team], limit: 100} }
        invalidation: {sources: {shop: {tenants: [acme] } } }

        """;

    private static readonly StatusDocument Status = new("1.0", DateTimeOffset.UnixEpoch, 1, "ready", [], "", 0, 0, new("1-0", DateTimeOffset.UnixEpoch, "file", null, []), []);

    private static readonly ScalingDocument Scaling =
        new(2, 30, 1.5, 0.25, 0, new(10, 1, 0.2, 0), new Dictionary<string, ScalingTargetDocument> { ["gateway"] = new(3, true, "requests_in_flight") });

    private static readonly UpstreamListDocument Upstreams = new(
    [
        new("shop", "power_of_two", 3, 0, UsesAll: true,
        [
            new("10.0.0.1:80", "http://10.0.0.1", 1, "up", 3, 0, 0, null, null, null),
            new("10.0.0.2:80", "http://10.0.0.2", 1, "ejected", 0, 0, 2, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, "it answered 500"),
        ]),
    ]);

    private readonly WebApplication _app;
    private readonly EventBed _events;

    private AdminHost(WebApplication app, StateFolder folder, TestDirectory directory, AdminToken token, AdminDirectory admins, SnapshotSource source, ConfigurationChanges changes, EventBed events)
    {
        _events = events;
        (_app, Folder, Directory, Token, Admins, Source, Changes) = (app, folder, directory, token, admins, source, changes);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient(new OpenApiWitness()) { BaseAddress = Address };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Fresh!.Reveal());
    }

    public StateFolder Folder { get; }
    public TestDirectory Directory { get; }
    public AdminToken Token { get; }
    public AdminDirectory Admins { get; }
    public SnapshotSource Source { get; }
    public ConfigurationChanges Changes { get; }
    public SqliteAuditLog Audit => new(Directory.Database);

    /// <summary>Usage that the API tells of.</summary>
    public required UsageBook Usage { get; init; }

    public required UsageTail Tail { get; init; }

    /// <summary>Whom limits are taken from.</summary>
    public required EmbeddedOwners Owners { get; init; }

    /// <summary>What has been invalidated by the API.</summary>
    public required InvalidationTable Invalidations { get; init; }

    public string ConfigPath => Folder.File("gateway.yaml");
    public Uri Address { get; }

    /// <summary>All routes of the listener.</summary>
    public IEnumerable<RouteEndpoint> Mapped => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(s => s.Endpoints).Cast<RouteEndpoint>();

    /// <summary>Carries the admin token, and holds every answer to the OpenAPI document.</summary>
    public HttpClient Client { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<AdminHost> StartAsync(ILoggerProvider? logs = null, IUsageReports? reports = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace);
        if (logs is not null) builder.Logging.AddProvider(logs);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var loggers = app.Services.GetRequiredService<ILoggerFactory>();
        var folder = new StateFolder();
        var directory = new TestDirectory(loggers, new ManualTime(), folder.Path);
        var token = await AdminToken.OpenAsync(directory.AdminTokens, folder.Path, directory.Time, Cancel);
        await File.WriteAllTextAsync(folder.File("gateway.yaml"), Yaml, Cancel);
        var source = new SnapshotSource(folder.File("gateway.yaml"), _ => null, directory.Time, loggers.CreateLogger<SnapshotSource>());
        Assert.Empty(source.Load());
        directory.Source = source;
        var changes = new ConfigurationChanges(source, new SqliteConfigurationHistory(directory.Database), new SqliteAuditLog(directory.Database), directory.Time,
            loggers.CreateLogger<ConfigurationChanges>());
        await changes.RecordStartAsync(Cancel);
        var admins = new AdminDirectory(new SqliteAdminStore(directory.Database), token, directory.Tenants, directory.Turn, directory.Time, loggers.CreateLogger<AdminDirectory>());
        await admins.LoadAsync(Cancel);
        var rules = new RuleTables(() => source.Current, new AccountBook(), directory.Time);
        var owners = new EmbeddedOwners(new MemoryLedger(), account => rules.Current.SpecOf(account), directory.Time, loggers.CreateLogger<EmbeddedOwners>(), new OwnerSettings(), levelsFile: null);
        var usage = new SqliteUsageStore(SqliteDatabase.OpenUsage(folder.Path, directory.Time, loggers.CreateLogger<SqliteDatabase>()));
        var ledger = new SqliteLedgerStore(SqliteDatabase.OpenLedger(folder.Path, directory.Time, loggers.CreateLogger<SqliteDatabase>()), directory.Time);
        var book = new UsageBook();
        var rerate = new Rerate(book, usage, new RerateBudgets(book, usage, ledger, owners, rules), rules, () => source.Current, new Random(1), directory.Time);
        var accounting = new AccountingEndpoints(
            new UsageAudit(book, usage, new AccountBook(), ledger, rules, () => source.Current, directory.Time), rerate, new SqliteAuditLog(directory.Database), directory.Time);
        var events = new EventBed(directory.Time, () => source.Current, loggers);
        var tail = new UsageTail();
        var invalidations = new InvalidationTable();
        var cache = new CacheDatabase(SqliteDatabase.OpenCache(folder.Path, directory.Time, loggers.CreateLogger<SqliteDatabase>()));
        var publisher = new Publisher(
            new EmbeddedSequencer(new SqliteInvalidationLog(cache, directory.Time), invalidations, directory.Time, loggers.CreateLogger<EmbeddedSequencer>()), invalidations);
        var parked = new SqliteParkedMessages(cache);
        var (metrics, figures) = (new GatewayMetrics(), new CacheFigures(directory.Time));
        // Nothing is fetched here.
        var answers = new AnswerCache(null!, invalidations, () => source.Current, new CacheMetrics(metrics), figures, new Random(1), directory.Time);
        var intake = new EventIntake(new EventSources(() => source.Current), publisher, parked, directory.Time, loggers.CreateLogger<EventIntake>());
        var endpoints = AdminEndpoints.All(directory.Keys, directory.Tenants, admins, changes, new SqliteAuditLog(directory.Database),
            new BudgetEndpoints(owners, new SettlementByHand(book, usage, owners, directory.Time), rules, directory.Tenants, new SqliteAuditLog(directory.Database), new Random(1), directory.Time),
            new LimitEndpoints(new LimitExplanation(rules, owners), directory.Keys, () => source.Current),
            new UsageEndpoints(reports ?? book, book, tail, directory.Time),
            new InsightEndpoints(reports ?? book, book, () => source.Current, new NearLimitSearch(rules, owners, owners, directory.Tenants, directory.Time), directory.Keys, directory.Time),
            accounting,
            new WebhookEndpoints(events.Deliveries, new Random(1), directory.Time),
            new PurgeEndpoints(publisher, directory.Tenants, new SqliteAuditLog(directory.Database), directory.Time),
            new EventIntakeEndpoints(intake, parked, new SqliteAuditLog(directory.Database), directory.Time),
            new CacheEndpoints(figures, answers, new ModelCache(1 << 20, new ModelCacheMetrics(metrics), new Random(1), directory.Time), new CacheExplainer(answers, new RecentPurges(), new RouteStage(), () => source.Current, directory.Time)),
            new ClusterEndpoints(nodes: null, new SqliteAuditLog(directory.Database), directory.Time),
            () => Status, () => Upstreams, () => Scaling, directory.Time);
        new AdminApi(endpoints, admins, new RequestIds(new Random(1)), loggers.CreateLogger<AdminApi>()).Map(app);
        await app.StartAsync(Cancel);
        return new AdminHost(app, folder, directory, token, admins, source, changes, events) { Usage = book, Tail = tail, Owners = owners, Invalidations = invalidations };
    }

    /// <summary>A call with another token, and a body of any kind.</summary>
    public async Task<(HttpResponseMessage Response, string Body)> CallAsync(
        string method, string path, string? body = null, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        if (response.Content.Headers.ContentType?.MediaType != OpenApiWitness.Endless) return (response, await response.Content.ReadAsStringAsync(Cancel));
        response.Dispose();
        return (response, "");
    }

    /// <summary>Makes an admin; answers its token.</summary>
    public async Task<string> AdminAsync(string role, string? tenant = null)
    {
        var made = await Admins.CreateAsync(new AdminRequest { Role = role, Tenant = tenant }, idempotencyKey: null, TestAudit.Actor, Cancel);
        return made.Secret!.Reveal();
    }

    public Task<(HttpResponseMessage Response, JsonElement Body)> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<(HttpResponseMessage Response, JsonElement Body)> PostAsync(string path, string? json = null, string? idempotencyKey = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (idempotencyKey is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        return SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await _events.DisposeAsync();
        Source.Dispose();
        Directory.Dispose();
        Folder.Dispose();
    }

    private async Task<(HttpResponseMessage Response, JsonElement Body)> SendAsync(HttpRequestMessage request)
    {
        var response = await Client.SendAsync(request, Cancel);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        return (response, json.RootElement.Clone());
    }
}
