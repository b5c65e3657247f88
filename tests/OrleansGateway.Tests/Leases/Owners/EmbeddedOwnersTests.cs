using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Leases.Owners;
using static OrleansGateway.Tests.Leases.Owners.OwnerBench;

namespace OrleansGateway.Tests.Leases.Owners;

public sealed class EmbeddedOwnersTests : IDisposable
{
    private static readonly Guid Session = new("11111111-0000-0000-0000-000000000000");

    private readonly string _folder = Directory.CreateTempSubdirectory("owners").FullName;
    private readonly ManualTime _time = new();
    private readonly MemoryLedger _ledger = new();
    private readonly Dictionary<AccountId, AccountSpec> _specs = new()
    {
        [Id("r")] = Bucket(10),
        [Id("w")] = Window(10, 3600 / 12),
        [Id("m")] = Budget(1000),
    };

    private long _number;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Rates_AreAnsweredAtOnceAndWithoutTheLedger()
    {
        await using var owners = Make();
        _ledger.IsDown = true;
        await RegisterAsync(owners);
        var reply = owners.SendAsync(Owner, Request(Take("r", 3)), Cancellation);
        Assert.True(reply.IsCompletedSuccessfully);
        Assert.Equal(Denial.None, (await reply).Takes.Single().Denial);
        Assert.Equal(0, _ledger.Acquisitions);
    }

    [Fact]
    public async Task Money_WhileTheLedgerIsDown_IsUnavailableAndRatesGoOn()
    {
        await using var owners = Make();
        await RegisterAsync(owners);
        Assert.Equal(Denial.None, (await owners.SendAsync(Owner, Request(Take("m", 100)), Cancellation)).Takes[0].Denial);
        _ledger.IsDown = true;
        var reply = await owners.SendAsync(Owner, Request(Take("m", 100), Take("r", 1)), Cancellation);
        Assert.Equal([Denial.Unavailable, Denial.None], reply.Takes.Select(t => t.Denial));
        for (var i = 0; i < 5; i++) await owners.SendAsync(Owner, Request(Take("m", 1)), Cancellation);
        Assert.Equal(Denial.None, (await owners.SendAsync(Owner, Request(Take("r", 1)), Cancellation)).Takes[0].Denial);
        _ledger.IsDown = false;
        _time.Advance(TimeSpan.FromSeconds(10));
        var again = await owners.SendAsync(Owner, Request(Take("m", 100)), Cancellation);
        Assert.True(again.MustRegister);
        await RegisterAsync(owners, again.Epoch);
        Assert.Equal(Denial.None, (await owners.SendAsync(Owner, Request(again.Epoch, Take("m", 900)), Cancellation)).Takes[0].Denial);
        var view = await owners.ViewAsync(Owner, Cancellation);
        Assert.Equal(1000, view.Accounts.Single(a => a.Id == Id("m")).Out);
    }

    [Fact]
    public async Task Requests_DuringAWrite_ShareTheNextOne()
    {
        await using var owners = Make();
        await RegisterAsync(owners);
        await owners.SendAsync(Owner, Request(Take("m", 1)), Cancellation);
        var gate = new TaskCompletionSource();
        _ledger.Gate = gate.Task;
        var writes = _ledger.Writes;
        var first = owners.SendAsync(Owner, Request(Take("m", 1)), Cancellation).AsTask();
        var others = Enumerable.Range(1, 20).Select(i => owners.SendAsync(Owner, Request(1, Guid.NewGuid(), 1, Take("m", 1)), Cancellation).AsTask()).ToArray();
        gate.SetResult();
        await Task.WhenAll([first, .. others]);
        Assert.Equal(writes + 2, _ledger.Writes);
        Assert.All(others, o => Assert.Equal(Denial.None, o.GetAwaiter().GetResult().Takes[0].Denial));
        Assert.Equal(22, (await owners.ViewAsync(Owner, Cancellation)).Accounts.Single(a => a.Id == Id("m")).Out);
    }

    [Fact]
    public async Task Levels_OverACleanStop_NeitherFillNorEmpty()
    {
        await using (var owners = Make())
        {
            await RegisterAsync(owners);
            await owners.SendAsync(Owner, Request(Take("r", 4), Take("w", 7)), Cancellation);
            await owners.SendAsync(Owner, Request() with { Reports = [Report("r", spent: 4), Report("w", spent: 7)] }, Cancellation);
            await owners.StopAsync();
        }

        await using (var owners = Make())
        {
            await RegisterAsync(owners);
            Assert.Equal([("r", 6L), ("w", 3L)], Levels(await owners.ViewAsync(Owner, Cancellation)));
            _time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal([("r", 8L), ("w", 3L)], Levels(await owners.ViewAsync(Owner, Cancellation)));
        }
    }

    [Fact]
    public async Task Levels_AfterAKill_BeginEmptyAndWindowsClosed()
    {
        Make();
        await using var owners = Make();
        await RegisterAsync(owners);
        Assert.Equal([("r", 0L), ("w", 0L)], Levels(await owners.ViewAsync(Owner, Cancellation)));
        _time.Advance(TimeSpan.FromSeconds(300));
        Assert.Equal([("r", 10L), ("w", 10L)], Levels(await owners.ViewAsync(Owner, Cancellation)));
    }

    [Fact]
    public async Task Recovery_SettlesByTheJournalAndSuspendsTheRest()
    {
        var other = Guid.NewGuid();
        Make();
        var before = Make();
        await RegisterAsync(before);
        await before.SendAsync(Owner, Request(Take("m", 300)), Cancellation);
        await before.SendAsync(Owner, Request(1, other, 1, Take("m", 200)), Cancellation);
        await using var owners = Make();
        await owners.RecoverAsync(new JournalFindings(Session, true, [new FoundLease(Id("m"), 3, 0, 120)], []), Cancellation);
        await owners.SuspendOthersAsync(Guid.NewGuid(), Cancellation);
        var view = (await owners.ViewAsync(Owner, Cancellation)).Accounts.Single(a => a.Id == Id("m"));
        Assert.Equal((680L, 200L, 120L), (view.Level, view.Suspense, view.Posted));
        Assert.Equal(other, view.Holders.Single().Session);
    }

    [Fact]
    public async Task Act_ThatAnEarlierProcessDid_ChangesNothing()
    {
        var act = new BudgetAct("same", BudgetActKind.Adjust, Id("m"), 50, "admin", null);
        await using (var before = Make()) Assert.Equal(1050, (await before.ActAsync(Owner, act, Cancellation)).After!.Limit);
        await using var owners = Make();
        Assert.Equal(1050, (await owners.ActAsync(Owner, act, Cancellation)).After!.Limit);
        Assert.Equal(1050, (await owners.ViewAsync(Owner, Cancellation)).Accounts.Single(a => a.Id == Id("m")).Limit);
        Assert.Equal(1100, (await owners.ActAsync(Owner, act with { Id = "other" }, Cancellation)).After!.Limit);
        Assert.Equal(1100, (await owners.ReadAsync(Owner, Cancellation))!.Accounts.Single().Limit);
    }

    [Fact]
    public async Task Fenced_TheOwnerIsReadAnew()
    {
        await using var owners = Make();
        await RegisterAsync(owners);
        await owners.SendAsync(Owner, Request(Take("m", 100)), Cancellation);
        await _ledger.AcquireAsync(Owner, Cancellation);
        await Assert.ThrowsAsync<IOException>(async () => await owners.SendAsync(Owner, Request(Take("m", 100)), Cancellation));
        _number = 0;
        var reply = await owners.SendAsync(Owner, Request(), Cancellation);
        Assert.True(reply.MustRegister);
        await RegisterAsync(owners, reply.Epoch);
        Assert.Equal(100, (await owners.ViewAsync(Owner, Cancellation)).Accounts.Single(a => a.Id == Id("m")).Out);
    }

    private static IEnumerable<(string Rule, long Level)> Levels(OwnerView view) =>
        view.Accounts.Where(a => a.Id.Rule != "m").Select(a => (a.Id.Rule, a.Level)).Order();

    private static (string Rule, long Units) Take(string rule, long units) => (rule, units);

    private static LeaseReport Report(string rule, long spent = 0) => new(Id(rule), Lease(rule), spent, 0, 0, 1, false, spent);

    private static long Lease(string rule) => rule switch
    {
        "r" => 1,
        "w" => 2,
        _ => 3,
    };

    private EmbeddedOwners Make() =>
        new(_ledger, _specs.GetValueOrDefault, _time, NullLogger<EmbeddedOwners>.Instance, new OwnerSettings(), Path.Combine(_folder, "levels.json"));

    private async Task RegisterAsync(EmbeddedOwners owners, long epoch = 1)
    {
        _number = 0;
        Assert.False((await owners.SendAsync(Owner, Request(epoch) with { Reports = [Report("r"), Report("w")] }, Cancellation)).MustRegister);
    }

    private LeaseRequest Request(params (string Rule, long Units)[] takes) => Request(1, takes);

    private LeaseRequest Request(long epoch, params (string Rule, long Units)[] takes) => Request(epoch, Session, ++_number, takes);

    private static LeaseRequest Request(long epoch, Guid session, long number, params (string Rule, long Units)[] takes) => new()
    {
        Session = session,
        Number = number,
        Epoch = epoch,
        Registers = number == 1,
        Reports = [.. takes.Where(t => t.Rule == "m").Select(t => Report(t.Rule))],
        Takes = [.. takes.Select((t, i) => new TakeRequest((number * 100) + i, [new TakeItem(Id(t.Rule), Lease(t.Rule), t.Units)]))],
    };
}
