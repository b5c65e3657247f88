using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OrleansGateway.Configuration;

namespace OrleansGateway.Auth.Jwt;

/// <summary>
/// Checks a token (RFC 7519, with the advice of RFC 8725). The JSON is read here, once and strictly, so that no two readers can see different things
/// in it; only the signature is left to the library.
/// </summary>
internal sealed class TokenVerifier(IssuerKeys keys, TimeProvider time)
{
    // Members that occur twice are refused, and so is depth that no honest token has.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = TokenText.CharsMax };

    // Verified tokens are kept, so keeping the library's objects of a key would save little and hold on to keys that were taken out.
    private static readonly CryptoProviderFactory Crypto = new() { CacheSignatureProviders = false };

    public async ValueTask<VerifiedToken> VerifyAsync(string text, Snapshot snapshot, CancellationToken cancellation)
    {
        using var header = Part(text, 0);
        using var payload = Part(text, 1);
        if (header is null || payload is null) return Refused(TokenVerdict.Invalid("it cannot be read"));
        if (TextOf(payload, "iss") is not { } iss || !snapshot.Issuers.TryGetValue(iss, out var issuer))
            return Refused(TokenVerdict.Invalid("its issuer is not known"));
        if (CheckClaims(header, payload, issuer) is { } fault) return Refused(fault);

        var source = keys.Of(issuer);
        var (set, verdict) = await CheckSignatureAsync(text, header, source, cancellation);
        if (verdict is { } refused) return Refused(refused);
        TokenClaims.TryReadDate(payload.RootElement, "exp", out var expires);
        return new VerifiedToken(TokenClaims.Read(payload.RootElement, issuer, Later(expires!.Value, issuer.Settings.ClockSkew)), source, set);
    }

    private TokenVerdict? CheckClaims(JsonDocument header, JsonDocument payload, JwtIssuer issuer)
    {
        var claims = payload.RootElement;
        // The token does not choose how it is checked (RFC 8725 §3.1).
        if (TextOf(header, "alg") is not { } algorithm || !issuer.Settings.Algorithms.Contains(algorithm)) return TokenVerdict.Invalid("its algorithm is not allowed");
        // RFC 7515 §4.1.11: who does not understand a critical extension must refuse; we understand none.
        if (header.RootElement.TryGetProperty("crit", out _)) return TokenVerdict.Invalid("it needs an extension that is not known");
        if (!TokenClaims.IsFor(claims, issuer.Settings.Audiences)) return TokenVerdict.Invalid("it is made for another audience");
        if (!TokenClaims.TryReadDate(claims, "exp", out var expires) || expires is null) return TokenVerdict.Invalid("it does not say when it expires");
        if (!TokenClaims.TryReadDate(claims, "nbf", out var notBefore)) return TokenVerdict.Invalid("it does not say when it begins");

        var (now, skew) = (time.GetUtcNow(), issuer.Settings.ClockSkew);
        if (now >= Later(expires.Value, skew)) return TokenVerdict.TooOld();
        return notBefore > now + skew ? TokenVerdict.Invalid("it is not valid yet") : null;
    }

    /// <summary>A key id that is not known may be a new key: the keys are then asked for once more, as often as the source allows.</summary>
    private static async ValueTask<(JwkSet? Set, TokenVerdict? Refusal)> CheckSignatureAsync(
        string text, JsonDocument header, IKeySource source, CancellationToken cancellation)
    {
        var (id, algorithm) = (TextOf(header, "kid"), TextOf(header, "alg")!);
        var set = source.Usable;
        if (set is null || (id is not null && set.Find(id, algorithm) is null))
        {
            await source.RefreshAsync(cancellation);
            set = source.Usable;
        }

        if (set is null) return (null, TokenVerdict.NoKeys(source.RetryAfter));
        if (set.Find(id, algorithm) is not { } key) return (null, TokenVerdict.Invalid("its key is not one of the issuer's"));
        var result = await Handler.ValidateTokenAsync(text, ParametersOf(key, algorithm));
        return result.IsValid ? (set, null) : (null, TokenVerdict.Invalid("its signature is wrong"));
    }

    private static TokenValidationParameters ParametersOf(SecurityKey key, string algorithm) => new()
    {
        IssuerSigningKey = key,
        ValidAlgorithms = [algorithm],
        RequireSignedTokens = true,
        CryptoProviderFactory = Crypto,
        // Checked before, by our clock and settings.
        ValidateIssuer = false,
        ValidateAudience = false,
        ValidateLifetime = false,
    };

    private static DateTimeOffset Later(DateTimeOffset date, TimeSpan by) => date > DateTimeOffset.MaxValue - by ? DateTimeOffset.MaxValue : date + by;

    private static VerifiedToken Refused(TokenVerdict verdict) => new(verdict, null, null);

    private static JsonDocument? Part(string text, int index)
    {
        try
        {
            var document = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(text.Split('.')[index]), Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            return null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException)
        {
            return null;
        }
    }

    private static string? TextOf(JsonDocument part, string name) =>
        part.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>A token that has been checked, with the keys that it was checked by if it is good.</summary>
internal readonly record struct VerifiedToken(TokenVerdict Verdict, IKeySource? Source, JwkSet? Keys);
