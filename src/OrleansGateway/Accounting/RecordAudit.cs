using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Prices;
using OrleansGateway.Usage;

namespace OrleansGateway.Accounting;

/// <summary>
/// Goes through all records once: what each should cost, whether one is there twice, whether each token is known from somewhere; and sums up what they charge.
/// </summary>
/// <param name="prices">What is known of prices now.</param>
/// <param name="windowOf">Length of an account's window, if it rolls.</param>
/// <param name="now">When the audit looks.</param>
internal sealed class RecordAudit(PriceCheck prices, Func<AccountId, TimeSpan?> windowOf, DateTimeOffset now)
{
    private readonly Dictionary<AccountId, TimeSpan?> _windows = [];
    private readonly SortedDictionary<string, long> _unpriced = new(StringComparer.Ordinal);

    public long Records { get; private set; }

    public long Priced { get; private set; }

    public DateTimeOffset? First { get; private set; }

    /// <summary>What accounts were charged, by period.</summary>
    public Dictionary<(AccountId Account, long Period), long> Charges { get; } = [];

    /// <summary>Of accounts whose window rolls: what is in it for sure, and what may still be.</summary>
    public Dictionary<AccountId, (long Least, long Most)> Rolling { get; } = [];

    public List<AuditDifference> Differences { get; } = [];

    public IEnumerable<AuditNote> Notes => _unpriced.Select(u => new AuditNote(
        "price", u.Key, $"{u.Value} records were not reckoned anew: their price is not one that is known now. Their sums were compared all the same."));

    public void Take(IReadOnlyList<UsageRecord> group)
    {
        First ??= group[0].At;
        var seen = new HashSet<(string, Guid, int, UsageKind, Guid?)>();
        foreach (var record in group)
        {
            Records++;
            Charge(record);
            if (record.Kind != UsageKind.Evidence && !seen.Add((record.RequestId, record.Edge, record.Attempt, record.Kind, record.Kind == UsageKind.Correction ? record.Id : null)))
                Differs("double", record, "one record", "two", "An attempt is there twice, under two ids.");
            if (record.Kind == UsageKind.Correction && !group.Any(r => r.Id == record.Corrects))
                Differs("record", record, $"{record.Corrects}", "none", "It corrects a record that is not there.");
            if (record is { Source: UsageSource.None, Kind: UsageKind.Attempt } && (record.Tokens != default || record.Cost.Total != 0))
                Differs("record", record, "no tokens and no cost", $"{record.Tokens.TotalInput} + {record.Tokens.Output} tokens, {Usd(record.Cost.Total)}", "Nobody says how its tokens are known.");
            if (PriceCheck.IsPriced(record)) Price(record, [.. group.Where(r => r.Kind == UsageKind.Correction && r.Corrects == record.Id)]);
        }
    }

    private static string Usd(long nano) => NanoUsd.Format(nano);

    private void Price(UsageRecord record, IReadOnlyList<UsageRecord> corrections)
    {
        var (price, sold) = prices.PricesOf(record);
        var version = corrections.Count == 0 ? record.PriceVersion : corrections.MaxBy(PriceCheck.RoundOf)!.PriceVersion;
        if (price is null ? version is not null : version != price.Version)
        {
            _unpriced[version ?? "none"] = _unpriced.GetValueOrDefault(version ?? "none") + 1;
            return;
        }

        Priced++;
        var expected = price is null ? default : PriceCheck.CostOf(price, record);
        var net = corrections.Aggregate(record.Cost, (sum, r) => sum + r.Cost);
        var billed = record.Billed + corrections.Sum(r => r.Billed);
        var should = sold is null ? 0 : PriceCheck.CostOf(sold, record).Total;
        // What tenants are billed has no version of its own: another configuration may have said otherwise.
        var isComparable = ReferenceEquals(sold, price) || (corrections.Count == 0 ? record : corrections.MaxBy(PriceCheck.RoundOf)!).ConfigVersion == prices.ConfigVersion;
        if (isComparable && billed != should) Differs("price", record, Usd(should), Usd(billed), "Its tenant is billed otherwise.");
        if (net == expected) return;
        if (net.Total != expected.Total) Differs("price", record, Usd(expected.Total), Usd(net.Total), $"Its tokens do not cost that by the price {version}.");
        else Differs("price", record, Parts(expected), Parts(net), $"Its cost is divided among classes otherwise than by the price {version}.");
    }

    private static string Parts(in CostParts cost) =>
        string.Join(" + ", ((long[])[cost.Input, cost.CacheRead, cost.CacheWrite, cost.Output, cost.Reasoning, cost.Audio, cost.Image, cost.Tools, cost.Request]).Select(Usd));

    private void Charge(UsageRecord record)
    {
        foreach (var (account, period, amount) in record.Charges)
        {
            Charges[(account, period)] = checked(Charges.GetValueOrDefault((account, period)) + amount);
            if (!_windows.TryGetValue(account, out var window)) _windows[account] = window = windowOf(account);
            if (window is not { } length) continue;
            var (least, most) = Rolling.GetValueOrDefault(account);
            if (record.At >= now - length) least += amount;
            // It is counted until its whole part, a 120th, has left; and was posted a moment after it was used.
            if (record.At >= now - length - (length / 60) - TimeSpan.FromMinutes(1)) most += amount;
            Rolling[account] = (least, most);
        }
    }

    private void Differs(string kind, UsageRecord record, string expected, string found, string meaning)
    {
        if (Differences.Count < UsageAudit.DifferencesMax) Differences.Add(new AuditDifference(kind, $"record {record.Id} of {record.RequestId}", expected, found, meaning));
    }
}
