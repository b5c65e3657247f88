using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Makes, lists, rotates and revokes keys.</summary>
internal sealed class KeyEndpoints(KeyDirectory keys, TimeProvider time)
{
    public static readonly string[] Filters = ["tenant", "team", "user", "limit", "cursor"];
    private static readonly TimeSpan GraceDefault = TimeSpan.FromHours(24);

    /// <summary><c>POST /keys</c>: answers 201 with the key's text, which is never shown again.</summary>
    public async Task<IResult> CreateAsync(AdminCall call)
    {
        var (idempotencyKey, bad) = call.IdempotencyKey();
        if (bad is not null) return bad;
        var (request, refused) = await RequestBody.ReadAsync(call.Http, AdminJson.Default.KeyRequest);
        if (refused is not null) return refused;
        var answer = await Scope(call).CreateAsync(request!, idempotencyKey);
        if (answer.Refusal is null) call.Http.Response.Headers.Location = $"/admin/v1/keys/{answer.Key!.Id}";
        return AdminAnswer.Of(answer, time.GetUtcNow(), StatusCodes.Status201Created);
    }

    /// <summary><c>GET /keys</c>: oldest first, revoked ones included.</summary>
    public async Task<IResult> ListAsync(AdminCall call)
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, Filters);
        var limit = QueryText.Limit(query, faults);
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);

        var filter = new KeyFilter(limit, QueryText.Of(query, "tenant"), QueryText.Of(query, "team"), QueryText.Of(query, "user"), QueryText.Of(query, "cursor"));
        var (page, refused) = await Scope(call).ListAsync(filter);
        if (refused is not null) return AdminAnswer.Problem(refused);
        if (page is null) return AdminAnswer.Invalid([QueryText.BadCursor]);
        var now = time.GetUtcNow();
        return AdminAnswer.Json(new KeyListDocument([.. page.Keys.Select(k => KeyDocument.Of(k, now))], page.Next), AdminJson.Default.KeyListDocument);
    }

    /// <summary><c>GET /keys/{id}</c>.</summary>
    public async Task<IResult> GetAsync(AdminCall call) => AdminAnswer.Of(await Scope(call).GetAsync(call.Id), time.GetUtcNow());

    /// <summary><c>POST /keys/{id}/rotate</c>: answers with the new text. The one before is accepted for the grace, 24 hours unless told.</summary>
    public async Task<IResult> RotateAsync(AdminCall call)
    {
        var (asked, refused) = await RequestBody.ReadAsync(call.Http, AdminJson.Default.RotateDocument);
        if (refused is not null) return refused;
        if (!TryReadGrace(asked!.Grace, out var grace))
            return AdminAnswer.Invalid([new KeyFault("grace", "Must be a text such as 90s, 15m, 24h or 30d, or a whole number of seconds.")]);
        return AdminAnswer.Of(await Scope(call).RotateAsync(call.Id, grace), time.GetUtcNow());
    }

    /// <summary><c>POST /keys/{id}/revoke</c>: the key fails on the very next request. Revoking twice is no error.</summary>
    public async Task<IResult> RevokeAsync(AdminCall call) => AdminAnswer.Of(await Scope(call).RevokeAsync(call.Id), time.GetUtcNow());

    private KeyScope Scope(AdminCall call) => new(keys, call);

    private static bool TryReadGrace(JsonElement? element, out TimeSpan grace)
    {
        grace = GraceDefault;
        if (element is not { } value) return true;
        if (value.ValueKind == JsonValueKind.String) return Duration.TryParse(value.GetString()!, out grace);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var seconds)) return false;
        grace = TimeSpan.FromSeconds(seconds);
        return true;
    }
}
