using OrleansGateway.Configuration;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>
/// Makes, shows, changes and deletes tenants, their teams and the users of these. How deep a path goes says which of the three is meant. To whoever is bound to
/// a tenant, another is one that there is not.
/// </summary>
internal sealed class TenantEndpoints(TenantDirectory tenants)
{
    public static readonly string[] Filters = ["limit", "cursor"];

    /// <summary><c>GET /tenants</c>, <c>/tenants/{id}/teams</c> and <c>/tenants/{id}/teams/{team}/users</c>: in the order of their ids.</summary>
    public Task<IResult> ListAsync(AdminCall call)
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, Filters);
        var limit = QueryText.Limit(query, faults);
        var after = QueryText.Of(query, "cursor");
        if (after is not null && !NameRules.IsId(after)) faults.Add(QueryText.BadCursor);
        return Task.FromResult(faults.Count > 0 ? AdminAnswer.Invalid(faults) : List(call, limit, after));
    }

    /// <summary><c>POST</c> to a list: answers 201, or 200 if it was there just so.</summary>
    public async Task<IResult> CreateAsync(AdminCall call)
    {
        var (request, refused) = await RequestBody.ReadAsync(call.Http, AdminJson.Default.OwnerRequest);
        if (refused is not null) return refused;
        var id = call.Owner is { } above ? (above.Team is null ? above with { Team = request!.Id ?? "" } : above with { User = request!.Id ?? "" }) : new OwnerId(request!.Id ?? "");
        if (IsHidden(call, id)) return NotFound(new OwnerId(id.Tenant));
        var answer = await tenants.CreateAsync(id, request, call.Actor, call.Aborted);
        if (answer.Refusal is not null) return Refused(answer);
        call.Http.Response.Headers.Location = PathOf(id);
        return Show(id, answer.Made ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    /// <summary><c>GET</c> of one.</summary>
    public Task<IResult> GetAsync(AdminCall call) => Task.FromResult(IsHidden(call, call.Owner!.Value) ? NotFound(call.Owner.Value) : Show(call.Owner.Value));

    /// <summary><c>PATCH</c> of one: what is left out stays as it is. In force from the next request on.</summary>
    public async Task<IResult> ChangeAsync(AdminCall call)
    {
        var id = call.Owner!.Value;
        if (IsHidden(call, id)) return NotFound(id);
        var (change, refused) = await RequestBody.ReadAsync(call.Http, AdminJson.Default.OwnerChange);
        if (refused is not null) return refused;
        var answer = await tenants.ChangeAsync(id, change!, call.Actor, call.Aborted);
        return answer.Refusal is null ? Show(id) : Refused(answer);
    }

    /// <summary><c>DELETE</c> of one, and of all below it. Answers 204.</summary>
    public async Task<IResult> DeleteAsync(AdminCall call)
    {
        var id = call.Owner!.Value;
        if (IsHidden(call, id)) return NotFound(id);
        var answer = await tenants.RemoveAsync(id, call.Actor, call.Aborted);
        return answer.Refusal is null ? Results.NoContent() : Refused(answer);
    }

    private static bool IsHidden(AdminCall call, OwnerId id) => call.Principal.Tenant is { } own && own != id.Tenant;

    private static IResult NotFound(OwnerId id) => AdminAnswer.Problem(OwnerAnswer.RefusalOfMissing(id));

    private static IResult Refused(OwnerAnswer answer) => AdminAnswer.Problem(answer.Refusal!, answer.Faults is { } faults ? AdminAnswer.Errors(faults) : null);

    private static string PathOf(OwnerId id) => AdminEndpoint.Root + $"/tenants/{id.Tenant}"
        + (id.Team is null ? "" : $"/teams/{id.Team}") + (id.User is null ? "" : $"/users/{id.User}");

    private IResult List(AdminCall call, int limit, string? after)
    {
        if (call.Owner is not { } above)
        {
            var (page, next) = Page(tenants.Ids().Where(t => !IsHidden(call, new OwnerId(t))), limit, after);
            return AdminAnswer.Json(new TenantListDocument([.. page.Select(t => TenantOf(t)).OfType<TenantDocument>()], next), AdminJson.Default.TenantListDocument);
        }

        if (IsHidden(call, above) || tenants.Find(above.Tenant) is not { } tenant) return NotFound(new OwnerId(above.Tenant));
        if (above.Team is null)
        {
            var (page, next) = Page(tenant.Teams.Keys, limit, after);
            return AdminAnswer.Json(new TeamListDocument([.. page.Select(t => TeamOf(above with { Team = t }, tenant.Teams[t]))], next), AdminJson.Default.TeamListDocument);
        }
        else
        {
            if (!tenant.Teams.TryGetValue(above.Team, out var team)) return NotFound(above);
            var (page, next) = Page(team.Users.Keys, limit, after);
            return AdminAnswer.Json(new UserListDocument([.. page.Select(u => UserOf(above with { User = u }, team.Users[u]))], next), AdminJson.Default.UserListDocument);
        }
    }

    private static (string[] Page, string? Next) Page(IEnumerable<string> ids, int limit, string? after)
    {
        // One more than asked for, to know whether there is a next page.
        var found = ids.Where(id => string.CompareOrdinal(id, after) > 0).Order(StringComparer.Ordinal).Take(limit + 1).ToArray();
        return found.Length > limit ? (found[..limit], found[limit - 1]) : (found, null);
    }

    private IResult Show(OwnerId id, int status = StatusCodes.Status200OK)
    {
        if (id.Team is null) return TenantOf(id.Tenant) is { } shown ? AdminAnswer.Json(shown, AdminJson.Default.TenantDocument, status) : NotFound(id);
        if (tenants.Find(id.Tenant)?.Teams.GetValueOrDefault(id.Team) is not { } team) return NotFound(id);
        if (id.User is null) return AdminAnswer.Json(TeamOf(id, team), AdminJson.Default.TeamDocument, status);
        return team.Users.TryGetValue(id.User, out var user) ? AdminAnswer.Json(UserOf(id, user), AdminJson.Default.UserDocument, status) : NotFound(id);
    }

    private TenantDocument? TenantOf(string id) => tenants.Find(id) is not { } tenant ? null : new TenantDocument(
        id, tenant.Name ?? id, tenant.Enabled, SourceOf(new OwnerId(id)), [.. InOrder(tenant.Teams).Select(t => TeamOf(new OwnerId(id, t.Key), t.Value))]);

    private TeamDocument TeamOf(OwnerId id, TeamSettings team) => new(
        id.Team!, team.Name ?? id.Team!, SourceOf(id), [.. InOrder(team.Users).Select(u => UserOf(id with { User = u.Key }, u.Value))]);

    private UserDocument UserOf(OwnerId id, UserSettings user) => new(id.User!, user.Name ?? id.User!, SourceOf(id));

    private string SourceOf(OwnerId id) => tenants.IsStated(id) ? "file" : "api";

    private static IOrderedEnumerable<KeyValuePair<string, T>> InOrder<T>(IReadOnlyDictionary<string, T> map) => map.OrderBy(e => e.Key, StringComparer.Ordinal);
}
