using OrleansGateway.Audit;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>A call of the admin API that has been let in.</summary>
internal sealed record AdminCall(HttpContext Http, AdminPrincipal Principal, string RequestId)
{
    private const int IdempotencyKeyLengthMax = 255;

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>The id in the path.</summary>
    public string Id => (string)Http.Request.RouteValues["id"]!;

    /// <summary>The tenant, team or user that a path below <c>/tenants</c> names; none if it names none.</summary>
    public OwnerId? Owner => Http.Request.RouteValues["id"] is string tenant
        ? new OwnerId(tenant, (string?)Http.Request.RouteValues["team"], (string?)Http.Request.RouteValues["user"])
        : null;

    /// <summary>The caller, for the audit log.</summary>
    public AuditActor Actor
    {
        get
        {
            var address = Http.Connection.RemoteIpAddress;
            if (address is { IsIPv4MappedToIPv6: true }) address = address.MapToIPv4();
            return new AuditActor(Principal.Id, Permissions.NameOf(Principal.Role), address?.ToString(), RequestId);
        }
    }

    /// <summary>
    /// The <c>Idempotency-Key</c> header, or the answer that refuses it. Of a caller bound to a tenant it counts within that tenant: it must neither hit upon
    /// nor show what others made.
    /// </summary>
    public (string? Key, IResult? Refused) IdempotencyKey()
    {
        if ((string?)Http.Request.Headers["Idempotency-Key"] is not { } key) return (null, null);
        if (key.Length is 0 or > IdempotencyKeyLengthMax || key.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return (null, AdminAnswer.Invalid([new("Idempotency-Key", $"Must be 1 to {IdempotencyKeyLengthMax} visible ASCII characters.")]));
        // No key holds a line feed, so that none given by others can be the same.
        return (Principal.Tenant is { } tenant ? $"{tenant}\n{key}" : key, null);
    }
}
