using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>Money that operators have added to a budget. The budget's own limit is used first, then the credits: by priority, then by expiry, then by age.</summary>
internal sealed class Credits(LedgerDraft draft)
{
    private readonly List<CreditRow> _rows = [];

    public bool Has(string id) => _rows.Exists(r => r.Id == id);

    public void Load(CreditRow row)
    {
        _rows.Add(row);
        _rows.Sort(Order);
    }

    public void Add(CreditRow row)
    {
        Load(row);
        draft.Changed(row);
    }

    /// <summary>Units are about to be posted.</summary>
    /// <param name="unposted">What of the limit, credits included, is not posted yet.</param>
    /// <param name="units">How many.</param>
    public void Burn(long unposted, long units)
    {
        if (_rows.Count == 0) return;
        var own = Math.Max(0, unposted - _rows.Sum(Left));
        var rest = units - Math.Min(units, own);
        for (var i = 0; i < _rows.Count && rest > 0; i++)
        {
            var burned = Math.Min(rest, Left(_rows[i]));
            if (burned == 0) continue;
            Replace(i, burned);
            rest -= burned;
        }
    }

    /// <summary>What has expired is gone, but for what edges have: that is gone when they give it back.</summary>
    public void Expire(LedgerPeriod period, DateTimeOffset now)
    {
        for (var i = 0; i < _rows.Count; i++)
        {
            if (_rows[i].ExpiresAt > now || _rows[i].ExpiresAt is null) continue;
            var gone = Math.Min(Left(_rows[i]), Math.Max(period.Available, 0));
            if (gone == 0) continue;
            period.Raise(-gone);
            period.Account.Touch(period);
            Replace(i, gone);
        }
    }

    /// <summary>A period ends: answers what is taken into the next one. The rest is gone.</summary>
    public long CarryOver(LedgerPeriod old, DateTimeOffset now)
    {
        var carried = 0L;
        for (var i = 0; i < _rows.Count; i++)
        {
            var left = Left(_rows[i]);
            if (left == 0) continue;
            var isKept = _rows[i].RollsOver && (_rows[i].ExpiresAt is null || _rows[i].ExpiresAt > now);
            var kept = isKept ? Math.Min(left, Math.Max(old.Available, 0)) : 0;
            old.Raise(-kept);
            carried += kept;
            if (left > kept) Replace(i, left - kept);
        }

        return carried;
    }

    private static long Left(CreditRow row) => row.Amount - row.Burned;

    private static int Order(CreditRow a, CreditRow b)
    {
        if (a.Priority != b.Priority) return a.Priority.CompareTo(b.Priority);
        var expiry = (a.ExpiresAt ?? DateTimeOffset.MaxValue).CompareTo(b.ExpiresAt ?? DateTimeOffset.MaxValue);
        if (expiry != 0) return expiry;
        var age = a.GrantedAt.CompareTo(b.GrantedAt);
        return age != 0 ? age : string.CompareOrdinal(a.Id, b.Id);
    }

    private void Replace(int i, long burned)
    {
        _rows[i] = _rows[i] with { Burned = _rows[i].Burned + burned };
        draft.Changed(_rows[i]);
    }
}
