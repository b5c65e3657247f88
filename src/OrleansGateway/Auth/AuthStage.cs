using OrleansGateway.Auth.Jwt;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tenants;

namespace OrleansGateway.Auth;

/// <summary>
/// Says who calls, and turns away who may not. Runs before all stages that count or spend, so that they know whose account it is. Whether the caller
/// may use the model is asked once the body is read, by the stage that reads it.
/// </summary>
internal sealed class AuthStage(ICallers callers, TokenCallers tokens, ITenants tenants, TimeProvider time, ILogger<AuthStage> log) : IStage
{
    // Bounds what a stranger can make us hash. Our keys have 53 characters; keys brought from elsewhere stay well below this too.
    private const int KeyLengthMax = 512;

    private static readonly Refusal Missing = Refusal.NotAuthenticated(
        "No API key was sent. Send it as 'Authorization: Bearer KEY', or in the header x-api-key, api-key or x-goog-api-key.");

    // One answer for unknown, revoked and mistyped keys: which of them it was is for the operator to know.
    private static readonly Refusal Invalid = Refusal.NotAuthenticated(
        "The API key is not valid. Check that it was copied whole and is still in use.");

    private static readonly Refusal NotKnownYet = new(
        503, "keys_unavailable", "The gateway has not been able to read all keys and organisations yet; try again.", RetryAfter: TimeSpan.FromSeconds(1));

    private static readonly Refusal Ambiguous = Refusal.BadRequest(
        "ambiguous_credentials", "The request carries different API keys in its headers. Send one.");

    private static readonly Refusal Expired = new(401, "api_key_expired", "The API key has expired. Ask for a new one.");
    private static readonly Refusal TenantDisabled = Refusal.Forbidden("tenant_disabled", "The organisation that this request belongs to is not enabled.");
    private static readonly Refusal OwnerRemoved = Refusal.Forbidden("owner_removed", "The team or user of this API key is no longer there.");
    private static readonly Refusal AddressNotAllowed = Refusal.Forbidden("address_not_allowed", "This API key may not be used from this address.");
    private static readonly Refusal RouteNotAllowed = Refusal.Forbidden("route_not_allowed", "This API key may not use this path.");

    private static readonly Refusal KeysNotAccepted = new(
        401, "credential_not_accepted", "This path takes no API keys. Send a token of its issuer as 'Authorization: Bearer TOKEN'.");

    private static readonly Refusal CertificateMissing = Refusal.Forbidden(
        "certificate_required", "This path is for clients with a certificate, and none was shown in the TLS handshake.");

    private static readonly Refusal TokenExpired = TokenVerdict.TooOld().Refusal!;

    private readonly CertificateCallers _certificates = new(time);

    /// <inheritdoc/>
    public ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        // Where nobody is to show a key, what looks like one is the upstream's.
        if (exchange.Route is { AcceptsKeys: false, AcceptsTokens: false }) return Go(exchange, CheckConnection(exchange), next);
        var key = PresentedKey.Read(exchange.Http.Request.Headers);
        return key is { IsBearer: true, IsAmbiguous: false } && AcceptsTokens(exchange) && TokenText.IsToken(key.Text)
            ? FindToken(exchange, key.Text, next)
            : Go(exchange, Check(exchange, key), next);
    }

    private static bool AcceptsTokens(Exchange exchange) => exchange.Snapshot.Issuers.Count > 0 && exchange.Route is not { AcceptsTokens: false };

    private ValueTask FindToken(Exchange exchange, ReadOnlySpan<char> text, Next next)
    {
        var hash = KeyHash.Of(text);
        if (tokens.Find(exchange.Snapshot, hash) is { } caller) return Go(exchange, Admit(exchange, caller), next);
        // A key stated in the configuration may have any form, a token's too.
        if (callers.Find(exchange.Snapshot, hash) is { } known) return Go(exchange, AdmitKey(exchange, known), next);
        return VerifyAsync(exchange, text.ToString(), hash, next);
    }

    private async ValueTask VerifyAsync(Exchange exchange, string text, KeyHash hash, Next next)
    {
        // A signature takes as long as some ten requests.
        await SocketThreads.Leave();
        var verdict = await tokens.VerifyAsync(text, hash, exchange.Snapshot, exchange.Aborted);
        if (verdict.Refusal is { } refusal) log.TokenRefused(exchange.Id, refusal.Code, verdict.Reason);
        await Go(exchange, verdict.Caller is { } caller ? Admit(exchange, caller) : verdict.Refusal, next);
    }

    private static ValueTask Go(Exchange exchange, Refusal? refusal, Next next)
    {
        if (refusal is null) return next(exchange);

        // RFC 9110 section 15.5.2: a 401 says how to authenticate; RFC 6750 section 3: and what is wrong with a token.
        if (refusal.Status == StatusCodes.Status401Unauthorized)
        {
            exchange.Http.Response.Headers.WWWAuthenticate =
                refusal.Code is "invalid_token" or "token_expired" ? $"Bearer error=\"invalid_token\", error_description=\"{refusal.Message}\"" : "Bearer";
        }

        exchange.Refuse(refusal);
        return ValueTask.CompletedTask;
    }

    private Refusal? Check(Exchange exchange, PresentedKey key)
    {
        if (key.IsAmbiguous) return Ambiguous;
        if (key.Text.IsEmpty) return CheckConnection(exchange);
        var caller = key.Text.Length <= KeyLengthMax ? callers.Find(exchange.Snapshot, KeyHash.Of(key.Text)) : null;
        if (caller is null && !callers.AreAllKnown) return NotKnownYet;
        if (caller is null)
        {
            // The checksum is asked only now: keys stated in the configuration may have any form.
            log.UnknownKey(exchange.Id, mistyped: key.Text.StartsWith(KeyText.KeyPrefix) && !KeyText.TryCheck(key.Text, KeyText.KeyPrefix));
            return Invalid;
        }

        return AdmitKey(exchange, caller);
    }

    /// <summary>Who calls if the request itself does not say: whom the connection's certificate stands for, or nobody, where the route takes such.</summary>
    private Refusal? CheckConnection(Exchange exchange)
    {
        if (exchange.Route is { AcceptsCertificates: true } && exchange.ClientCertificate is { } certificate)
        {
            var (caller, refusal) = _certificates.Find(exchange.Snapshot, certificate);
            if (refusal is not null) log.CertificateRefused(exchange.Id, refusal.Code);
            return caller is not null ? Admit(exchange, caller) : refusal;
        }

        return exchange.Route switch
        {
            { AcceptsNobody: true } => null,
            { AcceptsKeys: false, AcceptsTokens: false } => CertificateMissing,
            _ => Missing,
        };
    }

    private Refusal? AdmitKey(Exchange exchange, Caller caller) => exchange.Route is { AcceptsKeys: false } ? KeysNotAccepted : Admit(exchange, caller);

    private Refusal? Admit(Exchange exchange, Caller caller)
    {
        if (RefusalOf(exchange, caller) is { } refusal)
        {
            log.CallerRefused(exchange.Id, caller.KeyId, caller.Tenant, refusal.Code);
            return refusal;
        }

        exchange.Caller = caller;
        return null;
    }

    private Refusal? RefusalOf(Exchange exchange, Caller caller)
    {
        if (caller.Expires <= time.GetUtcNow()) return caller.IsToken ? TokenExpired : Expired;
        if (tenants.Find(exchange.Snapshot, caller.Tenant) is not { Enabled: true } tenant) return callers.AreAllKnown ? TenantDisabled : NotKnownYet;
        if (!caller.IsToken && !IsThere(tenant, caller)) return OwnerRemoved;
        if (!caller.AllowsAddress(exchange.ClientAddress)) return AddressNotAllowed;
        return exchange.Route is { } route && !caller.Routes.Matches(route.Id) ? RouteNotAllowed : null;
    }

    /// <summary>A key made at run time may outlive its owner's place in the configuration.</summary>
    private static bool IsThere(TenantSettings tenant, Caller caller) =>
        caller.Team is null || (tenant.Teams.TryGetValue(caller.Team, out var team) && (caller.User is null || team.Users.ContainsKey(caller.User)));
}

internal static partial class AuthLog
{
    [LoggerMessage(1200, LogLevel.Debug, "Request {RequestId} carries a key that is not known; mistyped: {Mistyped}")]
    public static partial void UnknownKey(this ILogger log, string requestId, bool mistyped);

    [LoggerMessage(1201, LogLevel.Debug, "Request {RequestId} with key {KeyId} of tenant {Tenant} is refused: {Code}")]
    public static partial void CallerRefused(this ILogger log, string requestId, string keyId, string tenant, string code);

    [LoggerMessage(1202, LogLevel.Debug, "Request {RequestId} carries a token that is refused with {Code}: {Reason}")]
    public static partial void TokenRefused(this ILogger log, string requestId, string code, string reason);

    [LoggerMessage(1203, LogLevel.Debug, "Request {RequestId} carries a client certificate that is refused: {Code}")]
    public static partial void CertificateRefused(this ILogger log, string requestId, string code);
}
