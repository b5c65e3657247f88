using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Leases.Journal;

/// <summary>A folder with the journal of one session, and what a later session reads there.</summary>
internal sealed class JournalBed : IDisposable
{
    public static readonly Guid Session = Guid.Parse("0123456789abcdef0123456789abcdef");

    private readonly StateFolder _folder = new();

    public string Path => _folder.Path;

    /// <summary>The session's own folder.</summary>
    public string SessionPath => System.IO.Path.Combine(Path, Session.ToString("N"));

    /// <summary>The session's journal; if nothing else is said under a clock that stands, so that only the test tidies.</summary>
    public MappedHoldJournal Open(JournalSize size, TimeProvider? time = null) =>
        MappedHoldJournal.Open(Path, Session, time ?? new ManualTime(), NullLogger<MappedHoldJournal>.Instance, size);

    /// <summary>The one journal that another session finds.</summary>
    public JournalFindings Find() => Assert.Single(HoldJournals.ReadOthers(Path));

    public void Dispose() => _folder.Dispose();
}
