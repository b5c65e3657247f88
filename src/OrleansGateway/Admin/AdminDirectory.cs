using System.Collections.Concurrent;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>What became of a request to make or change an admin: the admin, or why not. The secret is there only when a token was made.</summary>
internal sealed record AdminResult(AdminAccount? Account, Secret? Secret = null, Refusal? Refusal = null, IReadOnlyList<KeyFault>? Faults = null);

/// <summary>
/// The admins, all in memory: lets in whoever holds a token, and makes, rotates and revokes tokens. A change is on disk before it is in memory, and in memory
/// before the call returns.
/// </summary>
internal sealed class AdminDirectory(
    IAdminStore store, AdminToken bootstrap, TenantDirectory tenants, WriteTurn writing, TimeProvider time, ILogger<AdminDirectory> log)
{
    /// <summary>Most admins, revoked ones included: admins are people and programs of the operator, and all are in memory and on one page.</summary>
    public const int Max = 1_000;

    private const int NameLengthMax = 128;

    private readonly ConcurrentDictionary<string, AdminAccount> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<KeyHash, AdminPrincipal> _byToken = new();

    /// <summary>Reads all admins into memory. Called once, before the first call.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await bootstrap.LoadAsync(cancellation);
        foreach (var account in await store.ReadAllAsync(cancellation)) Take(account);
    }

    /// <summary>Takes in what other nodes have made of admins.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        using var turn = await writing.TakeAsync(cancellation);
        await LoadAsync(cancellation);
        var usable = _byId.Values.Where(static a => a.RevokedAt is null).Select(static a => a.Hash).ToHashSet();
        foreach (var hash in _byToken.Keys.Where(h => !usable.Contains(h))) _byToken.TryRemove(hash, out _);
    }

    /// <summary>Who holds the token of an <c>Authorization</c> header; none if nobody does.</summary>
    public async ValueTask<AdminPrincipal?> FindAsync(string? authorization, CancellationToken cancellation)
    {
        if (AdminToken.HashOf(authorization) is not { } hash) return null;
        if (_byToken.TryGetValue(hash, out var principal)) return principal;
        return await bootstrap.IsAsync(hash, cancellation) ? AdminPrincipal.Bootstrap : null;
    }

    /// <summary>All admins, oldest first, revoked ones included; the holder of the first token is not among them.</summary>
    public IReadOnlyList<AdminAccount> List() => [.. _byId.Values.OrderBy(a => a.CreatedAt).ThenBy(a => a.Id, StringComparer.Ordinal)];

    /// <summary>Makes an admin. A second call with the same key is refused and names the admin that the first one made.</summary>
    public async Task<AdminResult> CreateAsync(AdminRequest request, string? idempotencyKey, AuditActor by, CancellationToken cancellation)
    {
        using var turn = await writing.TakeAsync(cancellation);
        if (FaultsOf(request) is { Count: > 0 } faults) return new(null, Refusal: KeyAnswer.Invalid([]).Refusal, Faults: faults);
        if (_byId.Values.FirstOrDefault(a => idempotencyKey is not null && a.IdempotencyKey == idempotencyKey) is { } earlier) return AlreadyCreated(earlier);
        if (_byId.Count >= Max) return new(null, Refusal: new Refusal(409, "too_many_admins", $"There are {Max} admins already, revoked ones included."));
        return await AddAsync(request, idempotencyKey, by);
    }

    /// <summary>Gives an admin a new token; the one before is refused at once.</summary>
    public Task<AdminResult> RotateAsync(string id, AuditActor by, CancellationToken cancellation)
    {
        var token = KeyText.New(KeyText.AdminPrefix);
        return ChangeAsync(id, "admin.rotate", by, account => account.RevokedAt is null
            ? new(account with { Hash = KeyHash.Of(token), Display = KeyText.Display(token) }, new Secret(token))
            : new(account, Refusal: new Refusal(409, "admin_revoked", $"The admin '{id}' is revoked. Make a new one.")), cancellation);
    }

    /// <summary>Refuses an admin from now on, for ever. Revoking it again changes nothing.</summary>
    public Task<AdminResult> RevokeAsync(string id, AuditActor by, CancellationToken cancellation) => ChangeAsync(
        id, "admin.revoke", by, account => new(account.RevokedAt is null ? account with { RevokedAt = KeyTime.Stored(time.GetUtcNow()) } : account), cancellation);

    private async Task<AdminResult> AddAsync(AdminRequest request, string? idempotencyKey, AuditActor by)
    {
        var token = KeyText.New(KeyText.AdminPrefix);
        var account = new AdminAccount
        {
            Id = KeyText.NewId("adm_"),
            Hash = KeyHash.Of(token),
            Display = KeyText.Display(token),
            Name = request.Name,
            Role = Permissions.RoleOf(request.Role)!.Value,
            Tenant = request.Tenant,
            CreatedAt = KeyTime.Stored(time.GetUtcNow()),
            CreatedBy = by.Id,
            IdempotencyKey = idempotencyKey,
        };
        var audit = new AuditEntry(account.CreatedAt, by, "admin.create", account.Id, account.Tenant, After: account.Facts());
        // Not to be cancelled: a client that hangs up must not leave the store changed and memory not.
        if (await store.AddAsync(account, audit, CancellationToken.None) is { } id) return AlreadyCreated(_byId[id]);
        Take(account);
        log.AdminChanged(audit.Action, account.Id, by.Id);
        return new(account, new Secret(token));
    }

    private static AdminResult AlreadyCreated(AdminAccount account) => new(account, Refusal: new Refusal(409, "admin_already_created",
        $"This Idempotency-Key made the admin '{account.Id}'. Its token cannot be shown again; rotate it if it was lost."));

    private async Task<AdminResult> ChangeAsync(string id, string action, AuditActor by, Func<AdminAccount, AdminResult> change, CancellationToken cancellation)
    {
        using var turn = await writing.TakeAsync(cancellation);
        if (!_byId.TryGetValue(id, out var before)) return new(null, Refusal: Refusal.NotFound("admin_not_found", $"There is no admin '{id}'."));
        var result = change(before);
        if (result.Refusal is not null || result.Account! == before) return result;
        var after = result.Account! with { Version = before.Version + 1 };
        var audit = new AuditEntry(time.GetUtcNow(), by, action, id, before.Tenant, before.Facts(), after.Facts());
        if (!await store.ReplaceAsync(before, after, audit, CancellationToken.None))
            return new(before, Refusal: new Refusal(409, "admin_changed", $"The admin '{id}' was changed by others at the same time. Try again."));
        _byToken.TryRemove(before.Hash, out _);
        Take(after);
        log.AdminChanged(action, id, by.Id);
        return result with { Account = after };
    }

    private void Take(AdminAccount account)
    {
        _byId[account.Id] = account;
        if (account.RevokedAt is null) _byToken[account.Hash] = new AdminPrincipal(account.Id, account.Role, account.Tenant);
    }

    private List<KeyFault> FaultsOf(AdminRequest request)
    {
        var faults = new List<KeyFault>();
        var role = Permissions.RoleOf(request.Role);
        if (role is null) faults.Add(new("role", "Must be owner, operator, tenant_admin or viewer."));
        if (role is AdminRole.TenantAdmin && request.Tenant is null) faults.Add(new("tenant", "Is needed: the id of the organisation whose keys it manages."));
        if (role is AdminRole.Owner or AdminRole.Operator && request.Tenant is not null) faults.Add(new("tenant", "Must not be given: this role is bound to no organisation."));
        else if (request.Tenant is { } tenant && tenants.Find(tenant) is null) faults.Add(new("tenant", "There is no tenant of that id."));
        if (request.Name is { } name && (name.Length is 0 or > NameLengthMax || name.Any(char.IsControl)))
            faults.Add(new("name", $"Must be 1 to {NameLengthMax} characters, none of them a control character."));
        return faults;
    }
}

internal static partial class AdminDirectoryLog
{
    [LoggerMessage(1902, LogLevel.Information, "{Action} of admin {AdminId} by {Actor}")]
    public static partial void AdminChanged(this ILogger log, string action, string adminId, string actor);
}
