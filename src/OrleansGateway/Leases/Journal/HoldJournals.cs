using System.Buffers.Binary;

namespace OrleansGateway.Leases.Journal;

/// <summary>
/// Journals of sessions that are over, and what they prove. Whatever became of the files, reading them does not fail: what stands before the first damage is proven, and where
/// anything may be missing the findings are not whole.
/// </summary>
internal static class HoldJournals
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>Of each session below the folder that no process has open. <see cref="Delete"/> them once the owners have taken the evidence, durably.</summary>
    public static IReadOnlyList<JournalFindings> ReadOthers(string folder) => ReadOthers(folder, BootId());

    /// <summary>The same on a machine that was started with this id.</summary>
    public static IReadOnlyList<JournalFindings> ReadOthers(string folder, Guid boot)
    {
        if (!Directory.Exists(folder)) return [];
        var found = new List<JournalFindings>();
        foreach (var path in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
        {
            if (Guid.TryParseExact(Path.GetFileName(path), "N", out var session) && IsOver(path)) found.Add(Read(path, session, boot));
        }

        return found;
    }

    /// <summary>Deletes the journal of a session that is over; nothing if there is none.</summary>
    public static void Delete(string folder, Guid session)
    {
        var path = JournalFolder.Of(folder, session);
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    /// <summary>This start of the machine; empty where it does not say.</summary>
    public static Guid BootId()
    {
        try
        {
            return Guid.TryParse(File.ReadAllText(BootIdFile).AsSpan().Trim(), out var id) ? id : Guid.Empty;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return Guid.Empty;
        }
    }

    private static bool IsOver(string path)
    {
        try
        {
            using var free = new FileStream(Path.Combine(path, JournalFolder.LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception taken) when (taken is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static JournalFindings Read(string path, Guid session, Guid boot)
    {
        var state = new JournalState();
        var isWhole = boot != Guid.Empty;
        var summed = 0L;
        foreach (var (number, file) in Numbered(path, JournalFolder.CheckpointSuffix).OrderByDescending(f => f.Number))
        {
            var checkpoint = new JournalBytes(file, session, boot, number, isCheckpoint: true);
            isWhole &= checkpoint.IsSound;
            if (checkpoint.Entries.IsEmpty && !checkpoint.IsSound) continue;
            isWhole &= state.Take(checkpoint.Entries, out var goesOn) && !goesOn;
            summed = number;
            break;
        }

        return state.Findings(session, TakeSegments(path, session, boot, summed, state) && isWhole);
    }

    // In order, up to the first damage. The last that has entries does not say that another goes on; behind it there are only those that were made ahead.
    private static bool TakeSegments(string path, Guid session, Guid boot, long summed, JournalState state)
    {
        var isOpen = true;
        var next = summed + 1;
        foreach (var (number, file) in Numbered(path, JournalFolder.SegmentSuffix).Where(f => f.Number > summed).OrderBy(f => f.Number))
        {
            var segment = new JournalBytes(file, session, boot, number, isCheckpoint: false);
            if (!isOpen)
            {
                if (!segment.IsSound || !segment.Entries.IsEmpty) return false;
                continue;
            }

            if (number != next++) return false;
            if (!state.Take(segment.Entries, out isOpen) | !segment.IsSound) return false;
        }

        return !isOpen;
    }

    private static IEnumerable<(long Number, string Path)> Numbered(string path, string suffix) =>
        from file in Directory.GetFiles(path)
        let name = Path.GetFileName(file)
        where name.EndsWith(suffix, StringComparison.Ordinal)
        let number = long.TryParse(name.AsSpan(0, name.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0
        where number > 0
        select (number, file);

    /// <summary>A file as it is on the disk, whatever became of it.</summary>
    private readonly ref struct JournalBytes
    {
        public JournalBytes(string path, Guid session, Guid boot, long number, bool isCheckpoint)
        {
            ReadOnlySpan<byte> bytes;
            try
            {
                bytes = File.ReadAllBytes(path);
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                return;
            }

            if (!JournalHeader.TryRead(bytes, out var header) || header.Session != session || header.Number != number || header.IsCheckpoint != isCheckpoint) return;
            var mark = BinaryPrimitives.ReadUInt64LittleEndian(bytes[JournalFile.MarkOffset..]);
            var end = (int)(uint)mark;
            var isMarked = mark == JournalFile.MarkWord(end) && end >= JournalFile.HeaderLength && end <= bytes.Length;
            IsSound = isMarked && header.Boot == boot && JournalHeader.LengthOf(bytes) == bytes.Length;
            Entries = isMarked ? bytes[JournalFile.HeaderLength..end] : bytes[JournalFile.HeaderLength..];
        }

        /// <summary>Whether the file is as long as it was made, of this start of the machine, and says where its entries end.</summary>
        public bool IsSound { get; }

        /// <summary>Its entries, and whatever is behind them if it does not say where they end.</summary>
        public ReadOnlySpan<byte> Entries { get; }
    }
}
