using OrleansGateway.Audit;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tenants;

/// <summary>
/// The keys made at run time: makes, rotates and revokes them, and finds callers. A change is on disk before it is in memory, and in memory before
/// the call returns: whoever learns of it sees it on the very next request.
/// </summary>
internal sealed class KeyDirectory(
    IKeyStore store, TenantDirectory tenants, WriteTurn writing, Func<Snapshot> current, TimeProvider time, ILogger<KeyDirectory> log) : ICallers
{
    /// <summary>How long a rotated key may go on being accepted.</summary>
    public static readonly TimeSpan GraceMax = TimeSpan.FromDays(30);

    // Losing a race needs a second writer on the same store; one retry nearly always wins, and an operator can repeat the call.
    private const int AttemptsMax = 3;

    private readonly KeyIndex _index = new();
    private volatile bool _isAwaited;

    /// <inheritdoc/>
    public bool AreAllKnown => !_isAwaited;

    /// <summary>Requests may come before the keys have been read.</summary>
    public void Await() => _isAwaited = true;

    /// <summary>Reads all keys into memory. Called once, after the tenants and before the first request; on a node of a cluster whose store is down, when it is back.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        var startedAt = time.GetTimestamp();
        var count = 0;
        await foreach (var key in store.ReadAllAsync(cancellation))
        {
            _index.Add(key);
            count++;
        }

        _isAwaited = false;
        log.KeysLoaded(count, time.GetElapsedTime(startedAt).TotalSeconds);
    }

    /// <summary>Takes in what other nodes have made of keys, by their ids.</summary>
    /// <param name="ids">Of the keys that were changed.</param>
    /// <param name="areNew">Whether they were only made, not rotated or revoked: that is cheaper among a million.</param>
    /// <param name="cancellation">Gives it up.</param>
    public async Task RefreshAsync(IReadOnlyCollection<string> ids, bool areNew, CancellationToken cancellation)
    {
        using var turn = await writing.TakeAsync(cancellation);
        var keys = new Dictionary<string, Key?>(StringComparer.Ordinal);
        foreach (var id in ids) keys[id] = await store.FindAsync(id, cancellation);
        _index.Refresh(keys, areNew);
    }

    /// <summary>Keys in memory: those made at run time that are not revoked.</summary>
    public int Count => _index.Count;

    /// <inheritdoc/>
    public Caller? Find(Snapshot snapshot, KeyHash hash) =>
        _index.FindCurrent(hash) ?? _index.FindPrevious(hash, time.GetUtcNow()) ?? snapshot.Keys.GetValueOrDefault(hash);

    /// <summary>The key with that id, revoked or not; none if there is none.</summary>
    public Task<Key?> GetAsync(string id, CancellationToken cancellation) => store.FindAsync(id, cancellation);

    /// <summary>Some of the keys that match, revoked ones included, oldest first; none if the page before did not end with a key that matches.</summary>
    public Task<KeyPage?> ListAsync(KeyFilter filter, CancellationToken cancellation) => store.ListAsync(filter, cancellation);

    /// <summary>
    /// Makes a key. A second call with the same <paramref name="idempotencyKey"/> is refused and names the key that the first one made.
    /// </summary>
    public async Task<KeyAnswer> CreateAsync(KeyRequest request, string? idempotencyKey, AuditActor by, CancellationToken cancellation)
    {
        using var turn = await writing.TakeAsync(cancellation);
        var check = new KeyRequestCheck(tenants);
        var asked = check.Read(request, KeyTime.Stored(time.GetUtcNow()));
        if (check.Faults.Count > 0) return KeyAnswer.Invalid(check.Faults);

        var secret = KeyText.New(KeyText.KeyPrefix);
        var key = asked with { Id = KeyText.NewId("key_"), Hash = KeyHash.Of(secret), Display = KeyText.Display(secret), IdempotencyKey = idempotencyKey };
        var audit = new AuditEntry(key.CreatedAt, by, "key.create", key.Id, key.Tenant, After: KeyFacts.Of(key));
        if (await store.AddAsync(key, audit, CancellationToken.None) is { } earlier)
            return KeyAnswer.AlreadyCreated((await store.FindAsync(earlier, cancellation))!);

        _index.Add(key);
        log.KeyCreated(key.Id, key.Tenant);
        return new KeyAnswer(key, new Secret(secret));
    }

    /// <summary>
    /// Gives a key a new text. The one before is accepted for <paramref name="grace"/> longer, 0 to <see cref="GraceMax"/>; one from an earlier
    /// rotation is refused from now on.
    /// </summary>
    public async Task<KeyAnswer> RotateAsync(string id, TimeSpan grace, AuditActor by, CancellationToken cancellation)
    {
        if (grace < TimeSpan.Zero || grace > GraceMax)
            return KeyAnswer.Invalid([new KeyFault("grace", $"Must be 0s to {GraceMax.Days}d.")]);

        var secret = KeyText.New(KeyText.KeyPrefix);
        var answer = await ChangeAsync(id, "key.rotate", by, RotateUsable, cancellation);
        if (answer.Refusal is null) log.KeyRotated(id, grace);
        return answer;

        KeyAnswer RotateUsable(Key key, DateTimeOffset now) => key switch
        {
            { RevokedAt: not null } => KeyAnswer.Revoked(key),
            _ when key.ExpiresAt <= now => KeyAnswer.Expired(key),
            _ => new KeyAnswer(Rotated(key, secret, grace, now), new Secret(secret)),
        };
    }

    /// <summary>Refuses a key from now on, for ever, and its rotated ones. Revoking it again changes nothing.</summary>
    public async Task<KeyAnswer> RevokeAsync(string id, AuditActor by, CancellationToken cancellation)
    {
        var answer = await ChangeAsync(
            id, "key.revoke", by, static (key, now) => new KeyAnswer(key.RevokedAt is null ? key with { RevokedAt = now } : key), cancellation);
        if (answer.Refusal is null) log.KeyRevoked(id);
        return answer;
    }

    private static Key Rotated(Key key, string secret, TimeSpan grace, DateTimeOffset now) => key with
    {
        Hash = KeyHash.Of(secret),
        Display = KeyText.Display(secret),
        PreviousHash = grace > TimeSpan.Zero ? key.Hash : null,
        PreviousUntil = grace > TimeSpan.Zero ? KeyTime.Stored(now + grace) : null,
    };

    private async Task<KeyAnswer> ChangeAsync(
        string id, string action, AuditActor by, Func<Key, DateTimeOffset, KeyAnswer> change, CancellationToken cancellation)
    {
        using var turn = await writing.TakeAsync(cancellation);
        for (var attempt = 1; ; attempt++)
        {
            if (await store.FindAsync(id, cancellation) is not { } before)
                return current().Settings.Keys.ContainsKey(id) ? KeyAnswer.InConfiguration(id) : KeyAnswer.NotFound(id);

            var now = KeyTime.Stored(time.GetUtcNow());
            var answer = change(before, now);
            if (answer.Refusal is not null || answer.Key!.Equals(before)) return answer;

            // Not to be cancelled: a client that hangs up must not leave the store changed and memory not.
            var audit = new AuditEntry(now, by, action, id, before.Tenant, KeyFacts.Of(before), KeyFacts.Of(answer.Key));
            if (await store.ReplaceAsync(before, answer.Key, audit, CancellationToken.None))
            {
                _index.Replace(before, answer.Key);
                return answer with { Key = answer.Key with { Version = before.Version + 1 } };
            }

            if (attempt == AttemptsMax) return KeyAnswer.Changed(before);
        }
    }
}

internal static partial class KeyLog
{
    [LoggerMessage(1300, LogLevel.Information, "Loaded {Count} keys in {Seconds} s")]
    public static partial void KeysLoaded(this ILogger log, int count, double seconds);

    [LoggerMessage(1301, LogLevel.Information, "Created key {KeyId} of tenant {Tenant}")]
    public static partial void KeyCreated(this ILogger log, string keyId, string tenant);

    [LoggerMessage(1302, LogLevel.Information, "Rotated key {KeyId}; the key before is accepted for {Grace}")]
    public static partial void KeyRotated(this ILogger log, string keyId, TimeSpan grace);

    [LoggerMessage(1303, LogLevel.Information, "Revoked key {KeyId}")]
    public static partial void KeyRevoked(this ILogger log, string keyId);
}
