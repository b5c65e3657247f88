using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Makes, lists, rotates and revokes keys.</summary>
internal sealed class KeyEndpoints(KeyDirectory keys, TimeProvider time)
{
    private const int LimitDefault = 100;
    private const int LimitMax = 1_000;
    private const int IdempotencyKeyLengthMax = 255;
    private static readonly TimeSpan GraceDefault = TimeSpan.FromHours(24);

    /// <summary><c>POST /keys</c>: answers 201 with the key's text, which is never shown again.</summary>
    public async Task<IResult> CreateAsync(HttpContext http)
    {
        var idempotencyKey = (string?)http.Request.Headers["Idempotency-Key"];
        if (idempotencyKey is not null && !IsIdempotencyKey(idempotencyKey))
            return AdminAnswer.Invalid([new KeyFault("Idempotency-Key", $"Must be 1 to {IdempotencyKeyLengthMax} visible ASCII characters.")]);

        var (request, refused) = await RequestBody.ReadAsync(http, AdminJson.Default.KeyRequest);
        if (refused is not null) return refused;
        var answer = await keys.CreateAsync(request!, idempotencyKey, http.RequestAborted);
        if (answer.Refusal is null) http.Response.Headers.Location = $"/admin/v1/keys/{answer.Key!.Id}";
        return AdminAnswer.Of(answer, time.GetUtcNow(), StatusCodes.Status201Created);
    }

    /// <summary><c>GET /keys</c>: oldest first, revoked ones included.</summary>
    public async Task<IResult> ListAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var faults = new List<KeyFault>();
        foreach (var name in query.Keys.Except(["tenant", "team", "user", "limit", "cursor"], StringComparer.OrdinalIgnoreCase))
            faults.Add(new KeyFault(name, "Is not known here. Known are: tenant, team, user, limit, cursor."));

        var limit = (long)LimitDefault;
        if (query["limit"].ToString() is { Length: > 0 } asked && !(TryRead(asked, out limit) && limit is >= 1 and <= LimitMax))
            faults.Add(new KeyFault("limit", $"Must be 1 to {LimitMax}."));
        var after = 0L;
        if (query["cursor"].ToString() is { Length: > 0 } cursor && !TryRead(cursor, out after))
            faults.Add(new KeyFault("cursor", "Must be the next_cursor of the page before."));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);

        var filter = new KeyFilter((int)limit, Asked("tenant"), Asked("team"), Asked("user"), after);
        var page = await keys.ListAsync(filter, http.RequestAborted);
        var now = time.GetUtcNow();
        return AdminAnswer.Json(
            new KeyListDocument([.. page.Keys.Select(k => KeyDocument.Of(k, now))], page.Next?.ToString(CultureInfo.InvariantCulture)),
            AdminJson.Default.KeyListDocument);

        string? Asked(string name) => query[name].ToString() is { Length: > 0 } value ? value : null;
    }

    /// <summary><c>GET /keys/{id}</c>.</summary>
    public async Task<IResult> GetAsync(HttpContext http)
    {
        var key = await keys.GetAsync(IdOf(http), http.RequestAborted);
        return AdminAnswer.Of(key is null ? KeyAnswer.NotFound(IdOf(http)) : new KeyAnswer(key), time.GetUtcNow());
    }

    /// <summary><c>POST /keys/{id}/rotate</c>: answers with the new text. The one before is accepted for the grace, 24 hours unless told.</summary>
    public async Task<IResult> RotateAsync(HttpContext http)
    {
        var (asked, refused) = await RequestBody.ReadAsync(http, AdminJson.Default.RotateDocument);
        if (refused is not null) return refused;
        if (!TryReadGrace(asked!.Grace, out var grace))
            return AdminAnswer.Invalid([new KeyFault("grace", "Must be a text such as 90s, 15m, 24h or 30d, or a whole number of seconds.")]);
        return AdminAnswer.Of(await keys.RotateAsync(IdOf(http), grace, http.RequestAborted), time.GetUtcNow());
    }

    /// <summary><c>POST /keys/{id}/revoke</c>: the key fails on the very next request. Revoking twice is no error.</summary>
    public async Task<IResult> RevokeAsync(HttpContext http) =>
        AdminAnswer.Of(await keys.RevokeAsync(IdOf(http), http.RequestAborted), time.GetUtcNow());

    private static string IdOf(HttpContext http) => (string)http.Request.RouteValues["id"]!;

    private static bool IsIdempotencyKey(string text) =>
        text.Length is > 0 and <= IdempotencyKeyLengthMax && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static bool TryRead(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

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
