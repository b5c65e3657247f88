using System.Collections.Concurrent;
using System.Collections.Frozen;
using OrleansGateway.Configuration;

namespace OrleansGateway.Auth.Jwt;

/// <summary>
/// Tokens that have been verified, by hash. Only good ones are kept, so that a stranger cannot push others out. The oldest goes when it is full, used
/// or not: keeping an order of use would cost every request, and one that goes too early is verified once more.
/// </summary>
internal sealed class TokenCache(int tokensMax = TokenCache.TokensMax)
{
    /// <summary>About half a kibibyte each.</summary>
    public const int TokensMax = 20_000;

    private readonly ConcurrentDictionary<KeyHash, Entry> _entries = new();
    private readonly ConcurrentQueue<KeyHash> _order = new();
    private int _count;

    public int Count => _entries.Count;

    /// <summary>
    /// The caller of a token that holds good still: it has not expired, and configuration and keys are those it was verified by. Allocates nothing.
    /// </summary>
    public Caller? Find(KeyHash hash, Snapshot snapshot, DateTimeOffset now) =>
        _entries.TryGetValue(hash, out var entry) && entry.Caller.Expires > now && entry.Issuers == snapshot.Issuers && entry.Source.Usable == entry.Keys
            ? entry.Caller
            : null;

    public void Add(KeyHash hash, Snapshot snapshot, Caller caller, IKeySource source, JwkSet keys)
    {
        var entry = new Entry(caller, snapshot.Issuers, source, keys);
        if (!_entries.TryAdd(hash, entry))
        {
            _entries[hash] = entry;
            return;
        }

        _order.Enqueue(hash);
        if (Interlocked.Increment(ref _count) <= tokensMax) return;
        if (_order.TryDequeue(out var oldest) && _entries.TryRemove(oldest, out _)) Interlocked.Decrement(ref _count);
    }

    private sealed record Entry(Caller Caller, FrozenDictionary<string, JwtIssuer> Issuers, IKeySource Source, JwkSet Keys);
}
