using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansGateway.Leases.Journal;

/// <summary>What entries add up to: leases with what was spent of them, and holds that have not ended. Pure; the running journal and whoever reads one of the dead use it alike.</summary>
internal sealed class JournalState
{
    private readonly Dictionary<int, Lease> _leases = [];
    private readonly Dictionary<long, byte[]> _holds = [];
    // Holds begun in the segment being read, by where their entry is: nearly all end in it too, and cost no copy.
    private readonly Dictionary<long, (int Start, int Length)> _recent = [];

    /// <summary>Whether nothing is open.</summary>
    public bool IsEmpty => _leases.Count == 0 && _holds.Count == 0;

    /// <summary>
    /// Takes the entries of one file, up to the first that does not check or does not fit those before. Answers whether there was none such; <paramref name="isContinued"/>: whether
    /// the last says that another file goes on.
    /// </summary>
    public bool Take(ReadOnlySpan<byte> entries, out bool isContinued)
    {
        isContinued = false;
        var at = 0;
        var isWhole = true;
        while (at < entries.Length && isWhole)
        {
            isWhole = !isContinued && IsEntry(entries[at..], out var length) && Apply(entries.Slice(at, length), at, entries, ref isContinued);
            if (isWhole) at += BinaryPrimitives.ReadInt32LittleEndian(entries[at..]);
        }

        foreach (var (hold, (start, length)) in _recent) _holds[hold] = entries.Slice(start, length).ToArray();
        _recent.Clear();
        return isWhole;
    }

    /// <summary>As entries from which the same state comes again.</summary>
    public IEnumerable<byte[]> Entries() => _leases.Select(l => JournalEntry.Opened(l.Key, l.Value.Account, l.Value.Number, l.Value.Period, l.Value.Spent)).Concat(_holds.Values);

    public JournalFindings Findings(Guid session, bool isWhole) => new(
        session, isWhole, [.. _leases.Values.Select(l => new FoundLease(l.Account, l.Number, l.Period, l.Spent))], [.. _holds.Values.SelectMany(Found)]);

    private static bool IsEntry(ReadOnlySpan<byte> from, out int length)
    {
        length = from.Length < JournalEntry.HeadLength ? 0 : BinaryPrimitives.ReadInt32LittleEndian(from);
        return length >= JournalEntry.HeadLength && length <= from.Length && BinaryPrimitives.ReadUInt32LittleEndian(from[4..]) == JournalEntry.Checksum(from[8..length]);
    }

    private bool Apply(ReadOnlySpan<byte> entry, int at, ReadOnlySpan<byte> entries, ref bool isContinued)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(entry[12..]);
        switch ((JournalEntryKind)entry[8])
        {
            case JournalEntryKind.Opened:
                return Open((int)number, entry);
            case JournalEntryKind.Closed:
                return _leases.Remove((int)number);
            case JournalEntryKind.Held:
                // An earlier one is replaced: the new totals hold.
                _recent[number] = (at, entry.Length);
                return IsOfLeases(Charges(entry));
            case JournalEntryKind.Ended:
                // Of a hold whose beginning is not there something is missing; what it says was spent is spent all the same.
                var isKnown = _recent.Remove(number) | _holds.Remove(number);
                return Spend(Charges(entry)) && isKnown;
            case JournalEntryKind.Continued:
                return isContinued = true;
            default:
                return false;
        }
    }

    private bool Open(int lease, ReadOnlySpan<byte> entry)
    {
        var rest = entry[JournalEntry.HeadLength..];
        var rule = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
        if (rest.Length < 24 + rule) return false;
        var account = new AccountId(new string(MemoryMarshal.Cast<byte, char>(rest.Slice(24, rule))), new string(MemoryMarshal.Cast<byte, char>(rest[(24 + rule)..])));
        var opened = new Lease(account, BinaryPrimitives.ReadInt64LittleEndian(rest), BinaryPrimitives.ReadInt64LittleEndian(rest[8..]));
        opened.Spent = BinaryPrimitives.ReadInt64LittleEndian(rest[16..]);
        return _leases.TryAdd(lease, opened);
    }

    private bool Spend(ReadOnlySpan<byte> charges)
    {
        var isKnown = true;
        for (; charges.Length >= JournalEntry.ChargeLength; charges = charges[JournalEntry.ChargeLength..])
        {
            if (_leases.TryGetValue(BinaryPrimitives.ReadInt32LittleEndian(charges), out var lease)) lease.Spent += BinaryPrimitives.ReadInt64LittleEndian(charges[4..]);
            else isKnown = false;
        }

        return isKnown;
    }

    private bool IsOfLeases(ReadOnlySpan<byte> charges)
    {
        for (; charges.Length >= JournalEntry.ChargeLength; charges = charges[JournalEntry.ChargeLength..])
        {
            if (!_leases.ContainsKey(BinaryPrimitives.ReadInt32LittleEndian(charges))) return false;
        }

        return true;
    }

    private List<FoundHold> Found(byte[] entry)
    {
        var charges = Charges(entry);
        var name = Encoding.UTF8.GetString(entry.AsSpan(JournalEntry.HeadLength + charges.Length));
        var found = new List<FoundHold>();
        for (; charges.Length >= JournalEntry.ChargeLength; charges = charges[JournalEntry.ChargeLength..])
        {
            if (!_leases.TryGetValue(BinaryPrimitives.ReadInt32LittleEndian(charges), out var lease)) continue;
            found.Add(new FoundHold(name, lease.Account, lease.Number, BinaryPrimitives.ReadInt64LittleEndian(charges[4..])));
        }

        return found;
    }

    private static ReadOnlySpan<byte> Charges(ReadOnlySpan<byte> entry)
    {
        var rest = entry[JournalEntry.HeadLength..];
        return rest[..Math.Min(entry[9] * JournalEntry.ChargeLength, rest.Length)];
    }

    private sealed class Lease(AccountId account, long number, long period)
    {
        public AccountId Account => account;

        public long Number => number;

        public long Period => period;

        public long Spent { get; set; }
    }
}
