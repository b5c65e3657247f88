using OrleansGateway.Configuration;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>A log and its shipper over a folder, as often as a test opens them; segments are small.</summary>
internal sealed class UsageLogBed : IDisposable
{
    private readonly StateFolder _folder = new();
    private int _sessions;

    public ManualTime Time { get; } = new();

    public MemoryUsageStore Store { get; } = new();

    public ListLogger<UsageLog> LogLines { get; } = new();

    public ListLogger<UsageShipper> ShipperLines { get; } = new();

    public long InFlight { get; set; }

    public UsageSettings Settings { get; set; } = new() { LogMax = new ByteSize(16 * 8 * 1024) };

    public string Folder => _folder.File("usage");

    public string DamageFolder => Path.Combine(Folder, "damaged");

    /// <summary>Folders of sessions that have left something.</summary>
    public string[] Sessions => Directory.Exists(Folder) ? [.. Directory.GetDirectories(Folder).Where(d => d != DamageFolder)] : [];

    public UsageLogFigures Figures { get; private set; } = new();

    public UsageLog Open()
    {
        Figures = new UsageLogFigures();
        return UsageLog.Open(Folder, new Guid(++_sessions, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), new UsageLogParts(() => Settings, () => InFlight, Figures, Time, LogLines));
    }

    public UsageShipper Ship(UsageLog log, IUsageStore? store = null)
    {
        var shipper = new UsageShipper(log, store ?? Store, new UsageDamage(DamageFolder, ShipperLines), () => Settings, Figures, new Random(1), Time, ShipperLines);
        shipper.Start();
        return shipper;
    }

    public static UsageRecord Record(int number) => TestRecords.Usual(IdOf(number));

    public static Guid IdOf(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]);

    public void Dispose() => _folder.Dispose();
}
