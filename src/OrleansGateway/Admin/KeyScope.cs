using OrleansGateway.Http;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>
/// The keys that one caller may see and change. The endpoints reach keys by this only, so that whoever is bound to a tenant finds no other's key, whatever id,
/// filter or cursor it sends: a key of others is answered exactly as one that there is not.
/// </summary>
internal sealed class KeyScope(KeyDirectory keys, AdminCall call)
{
    private static readonly Refusal OtherTenant = Refusal.Forbidden("forbidden_for_role", "Your token is bound to another tenant.");

    private string? Tenant => call.Principal.Tenant;

    public async Task<KeyAnswer> CreateAsync(KeyRequest request, string? idempotencyKey) =>
        IsOthers(request.Tenant) ? new KeyAnswer(null, Refusal: OtherTenant) : await keys.CreateAsync(request, idempotencyKey, call.Actor, call.Aborted);

    /// <summary>Some keys, none if the cursor is not known; or a refusal, where the keys of another tenant are asked for.</summary>
    public async Task<(KeyPage? Page, Refusal? Refused)> ListAsync(KeyFilter filter) => IsOthers(filter.Tenant)
        ? (null, OtherTenant)
        : (await keys.ListAsync(filter with { Tenant = Tenant ?? filter.Tenant }, call.Aborted), null);

    public async Task<KeyAnswer> GetAsync(string id) => await FindAsync(id) is { } key ? new KeyAnswer(key) : KeyAnswer.NotFound(id);

    public async Task<KeyAnswer> RotateAsync(string id, TimeSpan grace) =>
        await IsHiddenAsync(id) ? KeyAnswer.NotFound(id) : await keys.RotateAsync(id, grace, call.Actor, call.Aborted);

    public async Task<KeyAnswer> RevokeAsync(string id) =>
        await IsHiddenAsync(id) ? KeyAnswer.NotFound(id) : await keys.RevokeAsync(id, call.Actor, call.Aborted);

    private bool IsOthers(string? tenant) => Tenant is not null && tenant is not null && tenant != Tenant;

    // A key never changes its tenant, so that what was looked at is what will be changed.
    private async Task<bool> IsHiddenAsync(string id) => Tenant is not null && await FindAsync(id) is null;

    private async Task<Key?> FindAsync(string id) =>
        await keys.GetAsync(id, call.Aborted) is { } key && (Tenant is null || key.Tenant == Tenant) ? key : null;
}
