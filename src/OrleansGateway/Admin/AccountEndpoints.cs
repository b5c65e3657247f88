using OrleansGateway.Configuration;

namespace OrleansGateway.Admin;

/// <summary>Makes, lists, rotates and revokes admins.</summary>
internal sealed class AccountEndpoints(AdminDirectory admins)
{
    /// <summary><c>POST /admins</c>: answers 201 with the token, which is never shown again.</summary>
    public async Task<IResult> CreateAsync(AdminCall call)
    {
        var (idempotencyKey, bad) = call.IdempotencyKey();
        if (bad is not null) return bad;
        var (request, refused) = await RequestBody.ReadAsync(call.Http, AdminJson.Default.AdminRequest);
        if (refused is not null) return refused;
        return Answer(await admins.CreateAsync(request!, idempotencyKey, call.Actor, call.Aborted), StatusCodes.Status201Created);
    }

    /// <summary><c>GET /admins</c>: oldest first, revoked ones included.</summary>
    public Task<IResult> ListAsync(AdminCall call) => Task.FromResult(AdminAnswer.Json(
        new AdminListDocument([.. admins.List().Select(a => DocumentOf(a))]), AdminJson.Default.AdminListDocument));

    /// <summary><c>POST /admins/{id}/rotate</c>: answers with the new token; the one before is refused at once.</summary>
    public async Task<IResult> RotateAsync(AdminCall call) => Answer(await admins.RotateAsync(call.Id, call.Actor, call.Aborted));

    /// <summary><c>POST /admins/{id}/revoke</c>: refused from the very next call on. Revoking twice is no error.</summary>
    public async Task<IResult> RevokeAsync(AdminCall call) => Answer(await admins.RevokeAsync(call.Id, call.Actor, call.Aborted));

    private static IResult Answer(AdminResult result, int status = StatusCodes.Status200OK) => result.Refusal is { } refusal
        ? AdminAnswer.Problem(refusal, result.Faults is { } faults ? AdminAnswer.Errors(faults) : null, adminId: result.Account?.Id)
        : AdminAnswer.Json(DocumentOf(result.Account!, result.Secret), AdminJson.Default.AdminDocument, status);

    private static AdminDocument DocumentOf(AdminAccount account, Secret? token = null) => new(
        account.Id, token?.Reveal(), account.Display, account.RevokedAt is null ? "active" : "revoked", account.Name, Permissions.NameOf(account.Role),
        account.Tenant, account.CreatedAt, account.CreatedBy, account.RevokedAt);
}
