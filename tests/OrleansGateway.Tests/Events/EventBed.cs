using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.Events;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Events;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Events;

/// <summary>The event log and the senders of webhooks on a real store, for webhooks that a test states.</summary>
internal sealed class EventBed : IAsyncDisposable
{
    /// <summary>The secret of the examples of Standard Webhooks.</summary>
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// <summary>Time that a write waits for another program's lock: as short as it may be, for those who find it locked.</summary>
    public static readonly TimeSpan LockWait = TimeSpan.FromSeconds(1);

    private readonly StateFolder? _folder;
    private readonly EventDatabase _database;
    private readonly GatewayMetrics _metrics = new();
    private readonly WebhookClient _client;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <param name="time">The clock.</param>
    /// <param name="current">The configuration; default what <see cref="State"/> was given.</param>
    /// <param name="loggers">Where to log; default nowhere.</param>
    /// <param name="folder">Where the state is; default a folder of its own.</param>
    /// <param name="resolve">Addresses of names; default what the system says.</param>
    /// <param name="lockWait">Time that a write waits for another's lock; default <see cref="LockWait"/>.</param>
    public EventBed(
        TimeProvider time, Func<Snapshot>? current = null, ILoggerFactory? loggers = null, string? folder = null, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null,
        TimeSpan? lockWait = null)
    {
        if (folder is null) _folder = new StateFolder();
        Time = time;
        _database = new EventDatabase(SqliteDatabase.OpenEvents(folder ?? _folder!.Path, lockWait ?? LockWait, time, NullLogger<SqliteDatabase>.Instance));
        (Store, Webhooks) = (new SqliteEventStore(_database, time), new SqliteWebhookStore(_database));
        _client = resolve is null ? new WebhookClient(time) : new WebhookClient(resolve, trust: null, time);
        Log = new EventLog(Store, current ?? (() => Snapshot));
        var log = (loggers ?? NullLoggerFactory.Instance).CreateLogger<WebhookSender>();
        Deliveries = new WebhookDeliveries(new WebhookParts(Store, Webhooks, _client, new OwnEventDuty(), _metrics, new Random(1), time, log), Log, current ?? (() => Snapshot));
        Retention = new EventRetention(Deliveries, current ?? (() => Snapshot), time);
    }

    public TimeProvider Time { get; }
    public SqliteEventStore Store { get; }
    public SqliteWebhookStore Webhooks { get; }
    public EventLog Log { get; }
    public WebhookDeliveries Deliveries { get; }
    public EventRetention Retention { get; }
    public Snapshot Snapshot { get; private set; } = Snapshot.Compile(new GatewaySettings(), 1, "");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Says which webhooks there are.</summary>
    public void State(params (string Name, WebhookSettings Settings)[] webhooks) =>
        Snapshot = Snapshot.Compile(new GatewaySettings { Webhooks = webhooks.ToDictionary(w => w.Name, w => w.Settings) }, 1, "");

    /// <summary>A webhook with the usual secret.</summary>
    public static WebhookSettings To(Uri url, params string[] events) => new()
    {
        Url = url, Secrets = [new Secret(Secret)], Events = events.Length > 0 ? events : ["*"],
    };

    /// <summary>Runs the senders, and waits until each stated webhook is known, so that what is appended from now on is sent.</summary>
    public async Task StartAsync()
    {
        _running = Deliveries.RunAsync(_stopping.Token);
        foreach (var name in Snapshot.Settings.Webhooks.Keys) await UntilAsync(() => Task.FromResult(Deliveries.Find(name) is { IsRegistered: true }));
    }

    /// <summary>Appends one event for each number, named by it.</summary>
    public ValueTask AppendAsync(string? tenant, string type, params int[] numbers) => Log.AppendAsync(
        [.. numbers.Select(n => new NewEvent($"{tenant}/{type}/{n}", tenant, type, Time.GetUtcNow(), $$"""{"n":{{n}}}"""))], cursor: null, Cancel);

    /// <summary>Waits until something is so that no event tells of.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(5), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // Asked for above.
        }

        await Deliveries.DisposeAsync();
        _client.Dispose();
        _metrics.Dispose();
        _database.Dispose();
        _stopping.Dispose();
        _folder?.Dispose();
    }
}
