using Microsoft.Extensions.Logging;
using OrleansGateway.Configuration;
using OrleansGateway.Storage;
using OrleansGateway.Tenants;

namespace OrleansGateway.Tests.Tenants;

/// <summary>A directory on a real store in a folder of its own, for a configuration with a few tenants.</summary>
internal sealed class TestDirectory : IDisposable
{
    /// <summary>Stated in the configuration, not made at run time.</summary>
    public const string ConfiguredKey = "a-key-from-the-configuration";

    private readonly SqliteDatabase _database;

    public TestDirectory(ILoggerFactory logs, ManualTime time, string folder)
    {
        Time = time;
        _database = SqliteDatabase.Open(folder, time, logs.CreateLogger<SqliteDatabase>());
        AdminTokens = new SqliteAdminTokenStore(_database);
        Tenants = new TenantDirectory(new SqliteTenantStore(_database), Turn, () => Snapshot, time, logs.CreateLogger<TenantDirectory>());
        Keys = new KeyDirectory(new SqliteKeyStore(_database), Tenants, Turn, () => Snapshot, time, logs.CreateLogger<KeyDirectory>());
    }

    public ManualTime Time { get; }
    public WriteTurn Turn { get; } = new();
    public TenantDirectory Tenants { get; }
    public KeyDirectory Keys { get; }
    public SqliteAdminTokenStore AdminTokens { get; }

    /// <summary>Where the directory takes its configuration from, in place of <see cref="Snapshot"/>.</summary>
    public SnapshotSource? Source { get; set; }

    public SqliteDatabase Database => _database;
    public Snapshot Snapshot { get => Source?.Current ?? field; set; } = Snapshot.Compile(Settings, 1, "");

    public static GatewaySettings Settings { get; } = new()
    {
        Tenants = new Dictionary<string, TenantSettings>
        {
            ["acme"] = new()
            {
                Name = "Acme Inc.",
                Teams = new Dictionary<string, TeamSettings> { ["blue"] = new() { Users = new Dictionary<string, UserSettings> { ["ada"] = new() } } },
            },
            ["closed"] = new() { Enabled = false },
        },
        Keys = new Dictionary<string, KeySettings> { ["configured"] = new() { Tenant = "acme", Secret = new Secret(ConfiguredKey) } },
        Routes = new Dictionary<string, RouteSettings> { ["chat"] = new() { Path = "/" } },
    };

    public Caller? Find(string key) => Keys.Find(Snapshot, KeyHash.Of(key));

    public Caller? Find(Secret? key) => Find(key!.Reveal());

    public void Dispose()
    {
        Turn.Dispose();
        _database.Dispose();
    }
}
