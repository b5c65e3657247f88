using System.Collections.Concurrent;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tenants;

/// <summary>
/// Every usable key in memory, by hash. Any number of readers and one writer at a time. A million keys fit because callers hold only what requests
/// need, and share it: texts and compiled patterns that are equal are one object.
/// </summary>
internal sealed class KeyIndex
{
    private readonly ConcurrentDictionary<KeyHash, Caller> _current = new(concurrencyLevel: 1, capacity: 1_000);
    private readonly ConcurrentDictionary<KeyHash, RotatedKey> _previous = new(concurrencyLevel: 1, capacity: 1_000);
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NamePatterns> _patterns = new(StringComparer.Ordinal);

    /// <summary>Keys that are not revoked.</summary>
    public int Count => _current.Count;

    /// <summary>Caller of a key that has not been rotated away.</summary>
    public Caller? FindCurrent(KeyHash hash) => _current.GetValueOrDefault(hash);

    /// <summary>Caller of a key that was rotated away, if its grace lasts.</summary>
    public Caller? FindPrevious(KeyHash hash, DateTimeOffset now) =>
        _previous.TryGetValue(hash, out var rotated) && now < rotated.Until ? rotated.Caller : null;

    /// <summary>Takes in a key as it is in the store.</summary>
    public void Add(Key key)
    {
        if (key.RevokedAt is not null) return;
        var caller = CallerOf(key);
        if (key is { PreviousHash: { } previous, PreviousUntil: { } until }) _previous[previous] = new RotatedKey(caller, until);
        _current[key.Hash] = caller;
    }

    /// <summary>Takes in a change. A key that stays usable is found at every moment: the new entry is there before the old one goes.</summary>
    public void Replace(Key before, Key after)
    {
        Add(after);
        var revoked = after.RevokedAt is not null;
        if (revoked || !before.Hash.Equals(after.Hash)) _current.TryRemove(before.Hash, out _);
        if (before.PreviousHash is { } previous && (revoked || !previous.Equals(after.PreviousHash))) _previous.TryRemove(previous, out _);
    }

    /// <summary>Takes in what became of keys elsewhere, by their ids; none for one that is gone. Looks through all that is here, once, unless they are known to be new.</summary>
    public void Refresh(IReadOnlyDictionary<string, Key?> keys, bool areNew)
    {
        foreach (var key in keys.Values)
        {
            if (key is not null) Add(key);
        }

        if (areNew) return;

        foreach (var (hash, caller) in _current)
        {
            if (keys.TryGetValue(caller.KeyId, out var key) && (key is not { RevokedAt: null } || !hash.Equals(key.Hash))) _current.TryRemove(hash, out _);
        }

        foreach (var (hash, rotated) in _previous)
        {
            if (keys.TryGetValue(rotated.Caller.KeyId, out var key) && (key is not { RevokedAt: null } || !hash.Equals(key.PreviousHash))) _previous.TryRemove(hash, out _);
        }
    }

    private Caller CallerOf(Key key) => new()
    {
        KeyId = key.Id,
        Tenant = Shared(key.Tenant),
        Team = key.Team is { } team ? Shared(team) : null,
        User = key.User is { } user ? Shared(user) : null,
        Models = Shared(key.Models),
        Routes = Shared(key.Routes),
        IpRanges = key.IpRanges.Count == 0 ? [] : key.IpRanges,
        Expires = key.ExpiresAt ?? DateTimeOffset.MaxValue,
        Metadata = key.Metadata,
    };

    private string Shared(string name)
    {
        if (_names.TryGetValue(name, out var shared)) return shared;
        _names.Add(name, name);
        return name;
    }

    private NamePatterns Shared(IReadOnlyList<string> patterns)
    {
        // No pattern holds a line feed: they are checked for control characters.
        var text = patterns.Count == 1 ? patterns[0] : string.Join('\n', patterns);
        if (_patterns.TryGetValue(text, out var shared)) return shared;
        shared = new NamePatterns(patterns);
        _patterns.Add(text, shared);
        return shared;
    }

    private sealed record RotatedKey(Caller Caller, DateTimeOffset Until);
}
