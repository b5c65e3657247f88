using System.Data.Common;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using OrleansGateway.Http;

namespace OrleansGateway.Admin;

/// <summary>
/// The admin API, under <c>/admin/v1</c>. Every call carries a token, and every endpoint states what its caller must be allowed: here is the one gate before all
/// of them. No answer may be cached.
/// </summary>
internal sealed class AdminApi(IReadOnlyList<AdminEndpoint> endpoints, AdminDirectory admins, RequestIds ids, ILogger<AdminApi> log)
{
    private static readonly Refusal NotAuthenticated = new(401, "invalid_admin_token",
        "The admin token is missing or not valid. Send it as 'Authorization: Bearer TOKEN'. It was printed at the first start, or when the admin was made.");

    private static readonly Refusal NotFound = Refusal.NotFound("no_such_endpoint", "The admin API has no such path, or not with this method; see docs/admin.md.");

    private static readonly Refusal s_unavailable = new(
        StatusCodes.Status503ServiceUnavailable, "store_unavailable", "What the gateway keeps cannot be read or written now. What was asked may have been done; ask again.");

    /// <summary>Adds the endpoints. To be called for the admin listener only.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var endpoint in endpoints)
        {
            routes.MapMethods(AdminEndpoint.Root + endpoint.Path, [endpoint.Method], Guarded(endpoint.Permission, endpoint.Handler)).WithMetadata(endpoint);
        }

        routes.Map(AdminEndpoint.Root + "/{**rest}", Guarded(Permission.ReadApi, static _ => Task.FromResult(AdminAnswer.Problem(NotFound))));
    }

    private RequestDelegate Guarded(Permission permission, Func<AdminCall, Task<IResult>> handler) => async http =>
    {
        var id = ids.Next();
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["x-request-id"] = id;
        var result = await AnswerAsync(http, id, permission, handler);
        await result.ExecuteAsync(http);
    };

    private async Task<IResult> AnswerAsync(HttpContext http, string id, Permission permission, Func<AdminCall, Task<IResult>> handler)
    {
        try
        {
            return await admins.FindAsync(http.Request.Headers.Authorization, http.RequestAborted) switch
            {
                null => Refuse(http),
                { } principal when !principal.May(permission) => Forbid(principal, permission),
                { } principal => await handler(new AdminCall(http, principal, id)),
            };
        }
        catch (Exception failed) when (failed is DbException or TimeoutException)
        {
            log.StoreFailed(failed, id);
            return AdminAnswer.Problem(s_unavailable);
        }
    }

    private IResult Refuse(HttpContext http)
    {
        log.NotAuthenticated(http.Connection.RemoteIpAddress);
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return AdminAnswer.Problem(NotAuthenticated);
    }

    private IResult Forbid(AdminPrincipal principal, Permission permission)
    {
        log.NotAllowed(principal.Id, permission);
        var bound = principal.Tenant is null ? "" : ", bound to one tenant,";
        return AdminAnswer.Problem(Refusal.Forbidden("forbidden_for_role", $"The role {Permissions.NameOf(principal.Role)}{bound} may not do this."));
    }
}

internal static partial class AdminLog
{
    [LoggerMessage(1900, LogLevel.Information, "Refused a call of the admin API from {Address}: no valid token")]
    public static partial void NotAuthenticated(this ILogger log, IPAddress? address);

    [LoggerMessage(1904, LogLevel.Warning, "A call of the admin API, {Id}, could not be answered: the store failed")]
    public static partial void StoreFailed(this ILogger log, Exception exception, string id);

    [LoggerMessage(1901, LogLevel.Information, "Refused a call of the admin API by {Actor}: may not {Permission}")]
    public static partial void NotAllowed(this ILogger log, string actor, Permission permission);
}
