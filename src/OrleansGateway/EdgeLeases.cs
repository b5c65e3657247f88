using System.Security.Cryptography;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Limits;
using OrleansGateway.Storage;
using OrleansGateway.Telemetry;

namespace OrleansGateway;

/// <summary>The life of this edge's leases, whichever engine has their owners: from what the last start left to what is given back at the end.</summary>
internal sealed class EdgeLeases(
    IOwnerEngine owners, LeasedAdmissions admissions, MappedHoldJournal journal, EdgeSession session, RuleTables rules,
    BudgetGauge gauge, GatewayMetrics metrics, TimeProvider time, ILogger<EdgeLeases> log)
{
    private static readonly TimeSpan s_settleAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);

    private readonly Lock _telling = new();
    private RuleTable? _told;
    private bool _isLeft;

    /// <summary>What every engine has: the edge itself, with its journal in the state folder.</summary>
    public static void Add(IServiceCollection services, string stateFolder)
    {
        services.TryAddSingleton(_ => new EdgeSession(new Guid(RandomNumberGenerator.GetBytes(16)), Path.Combine(stateFolder, "journal")));
        services.TryAddSingleton(provider => MappedHoldJournal.Open(
            provider.GetRequiredService<EdgeSession>().JournalFolder,
            provider.GetRequiredService<EdgeSession>().Id,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MappedHoldJournal>>()));
        services.TryAddSingleton(provider => new LeasedAdmissions(
            new EdgeSettings(),
            provider.GetRequiredService<EdgeSession>().Id,
            provider.GetRequiredService<MappedHoldJournal>(),
            provider.GetRequiredService<ILeaseOwners>(),
            NoticesTo(provider.GetRequiredService<GatewayMetrics>()),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LeasedAdmissions>>()));
        services.TryAddSingleton<IAdmissions>(provider => provider.GetRequiredService<LeasedAdmissions>());
        services.TryAddSingleton<HistoryPurge>();
        services.TryAddSingleton<BudgetGauge>();
        services.TryAddSingleton<EdgeLeases>();
    }

    /// <summary>
    /// Settles what was left when the program last ended, so that nothing is spent twice: before anything is admitted. Throws <see cref="StorageException"/> if
    /// the ledger cannot be used.
    /// </summary>
    /// <param name="mayBeLate">Whether that may be done later, if the ledger is down: what is left is then held back by owners elsewhere for so long.</param>
    /// <param name="cancellation">Gives it up.</param>
    public async Task StartAsync(bool mayBeLate, CancellationToken cancellation)
    {
        try
        {
            await SettleAsync(cancellation);
        }
        catch (LedgerException down) when (mayBeLate)
        {
            log.NotSettled(down.Message);
            _isLeft = true;
        }
        catch (LedgerException broken)
        {
            throw new StorageException($"The ledger cannot be used: {broken.Message}", broken);
        }

        _told = rules.Current;
        gauge.Watch(metrics, owners.BudgetShares);
        owners.Start();
    }

    /// <summary>
    /// Other limits may be in force: of another configuration, or of a boost. When it returns requests are admitted by them, and by what was used under those
    /// before.
    /// </summary>
    public void RulesChanged()
    {
        lock (_telling)
        {
            if (rules.Current is var table && table == _told) return;
            _told = table;
            // First, so that what goes back is taken down on the terms on which it was granted.
            admissions.SpecsChanged(table.SpecOf);
            owners.SpecsChanged();
            admissions.AskAgain();
        }
    }

    /// <summary>Settles what could not be settled at the start.</summary>
    public async Task SettleLateAsync(CancellationToken cancellation)
    {
        while (_isLeft)
        {
            await Task.Delay(s_settleAgain, time, cancellation);
            try
            {
                await SettleAsync(cancellation);
                _isLeft = false;
            }
            catch (LedgerException down)
            {
                log.NotSettled(down.Message);
            }
        }
    }

    private async Task SettleAsync(CancellationToken cancellation)
    {
        var findings = HoldJournals.ReadOthers(session.JournalFolder);
        foreach (var over in findings) await owners.RecoverAsync(over, cancellation);
        await owners.SuspendOthersAsync(session.Id, cancellation);
        foreach (var over in findings) HoldJournals.Delete(session.JournalFolder, over.Session);
    }

    /// <summary>Notices boosts that begin or end.</summary>
    public async Task WatchAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(s_lookEvery, time);
        while (await timer.WaitForNextTickAsync(cancellation)) RulesChanged();
    }

    /// <summary>Gives back what this edge has and saves where rates stand: once requests have ended.</summary>
    public async Task StopAsync()
    {
        await admissions.DisposeAsync();
        await owners.StopAsync();
        await journal.DisposeAsync();
    }

    private static EdgeNotices NoticesTo(GatewayMetrics metrics) => new()
    {
        WouldHaveBlocked = account => metrics.LimitDecided(account.Id.Rule, "shadow_refused"),
        Overrun = (account, units) => metrics.HoldOverrun(account.Id.Rule, units),
        Asked = metrics.OwnerCalled,
    };
}

internal static partial class EdgeLeasesLog
{
    [LoggerMessage(2360, LogLevel.Warning, "What this edge had when it last ended cannot be settled yet: {Reason}")]
    public static partial void NotSettled(this ILogger log, string reason);
}

/// <summary>This life of the edge, and where the journals of all its lives are.</summary>
internal sealed record EdgeSession(Guid Id, string JournalFolder);
