using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using OrleansGateway.Http;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>The admin API, under <c>/admin/v1</c>. Every call carries the admin token; no answer may be cached.</summary>
internal sealed class AdminApi(KeyDirectory keys, IConfigurationControl control, AdminToken token, TimeProvider time, ILogger<AdminApi> log)
{
    private static readonly Refusal NotAuthenticated = new(401, "invalid_admin_token",
        "The admin token is missing or not valid. Send it as 'Authorization: Bearer TOKEN'. It was printed at the first start.");

    private static readonly Refusal NotFound = Refusal.NotFound("no_such_endpoint", "The admin API has no such path, or not with this method; see docs/keys.md.");

    /// <summary>Adds the endpoints. To be called for the admin listener only.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        var admin = endpoints.MapGroup("/admin/v1");
        var key = new KeyEndpoints(keys, time);
        admin.MapPost("/keys", Guarded(key.CreateAsync));
        admin.MapGet("/keys", Guarded(key.ListAsync));
        admin.MapGet("/keys/{id}", Guarded(key.GetAsync));
        admin.MapPost("/keys/{id}/rotate", Guarded(key.RotateAsync));
        admin.MapPost("/keys/{id}/revoke", Guarded(key.RevokeAsync));

        var configuration = new ConfigurationEndpoints(control);
        admin.MapGet("/config", Guarded(configuration.GetAsync));
        admin.MapPost("/config/reload", Guarded(configuration.ReloadAsync));
        admin.MapGet("/tenants", Guarded(configuration.TenantsAsync));
        admin.Map("/{**rest}", Guarded(static _ => Task.FromResult(AdminAnswer.Problem(NotFound))));
    }

    private RequestDelegate Guarded(Func<HttpContext, Task<IResult>> endpoint) => async http =>
    {
        http.Response.Headers.CacheControl = "no-store";
        var result = token.Accepts(http.Request.Headers.Authorization) ? await endpoint(http) : Refuse(http);
        await result.ExecuteAsync(http);
    };

    private IResult Refuse(HttpContext http)
    {
        log.NotAuthenticated(http.Connection.RemoteIpAddress);
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return AdminAnswer.Problem(NotAuthenticated);
    }
}

internal static partial class AdminLog
{
    [LoggerMessage(1900, LogLevel.Information, "Refused a call of the admin API from {Address}: no valid token")]
    public static partial void NotAuthenticated(this ILogger log, IPAddress? address);
}
