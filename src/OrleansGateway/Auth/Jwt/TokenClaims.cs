using System.Text.Json;
using OrleansGateway.Configuration;

namespace OrleansGateway.Auth.Jwt;

/// <summary>The claims of a token whose signature is good, and the caller that the issuer's settings make of them.</summary>
internal static class TokenClaims
{
    private const int TextCharsMax = 200;
    private const int ListMax = 100;

    private static readonly NamePatterns All = new(["*"]);

    public static TokenVerdict Read(JsonElement payload, JwtIssuer issuer, DateTimeOffset expires)
    {
        var settings = issuer.Settings;
        foreach (var (name, wanted) in settings.RequiredClaims)
        {
            if (At(payload, name) is not { } claim || !Holds(claim, wanted)) return TokenVerdict.Forbidden($"claim {name} is not as required");
        }

        if ((settings.Tenant ?? TextAt(payload, settings.Claims.Tenant)) is not { } tenant) return TokenVerdict.Forbidden("no claim names a tenant");
        return TokenVerdict.Accepted(new Caller
        {
            KeyId = issuer.CallerId,
            IsToken = true,
            Tenant = tenant,
            Team = TextAt(payload, settings.Claims.Team),
            User = TextAt(payload, settings.Claims.User),
            Roles = ListAt(payload, settings.Claims.Roles),
            Models = settings.Claims.Models is { } models ? new NamePatterns(ListAt(payload, models)) : All,
            Routes = All,
            Expires = expires,
            Metadata = LabelsAt(payload, settings.Claims.Labels),
        });
    }

    /// <summary>Whether <c>aud</c>, a text or a list (RFC 7519 §4.1.3), holds one of the audiences.</summary>
    public static bool IsFor(JsonElement payload, IReadOnlyList<string> audiences) =>
        payload.TryGetProperty("aud", out var claim) && audiences.Any(a => Holds(claim, a));

    /// <summary>A NumericDate (RFC 7519 §2), which may have a fraction. False if the claim is there and is none; nothing if it is not there.</summary>
    public static bool TryReadDate(JsonElement payload, string name, out DateTimeOffset? date)
    {
        date = null;
        if (!payload.TryGetProperty(name, out var claim)) return true;
        if (claim.ValueKind != JsonValueKind.Number || !claim.TryGetDouble(out var seconds)) return false;
        // Beyond year 9999 is for ever.
        date = seconds >= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.MaxValue
            : seconds <= 0 ? DateTimeOffset.UnixEpoch
            : DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    // Whole name first: claims of private names are often URLs, with dots in them.
    private static JsonElement? At(JsonElement payload, string path)
    {
        if (payload.TryGetProperty(path, out var whole)) return whole;
        var at = payload;
        foreach (var step in path.Split('.'))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at)) return null;
        }

        return at;
    }

    private static string? TextAt(JsonElement payload, string? path) => path is not null && At(payload, path) is { } claim ? TextOf(claim) : null;

    private static string[] ListAt(JsonElement payload, string? path)
    {
        if (path is null || At(payload, path) is not { } claim) return [];
        return claim.ValueKind == JsonValueKind.Array
            ? [.. claim.EnumerateArray().Select(TextOf).OfType<string>().Take(ListMax)]
            : [.. (TextOf(claim) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(ListMax)];
    }

    private static Dictionary<string, string> LabelsAt(JsonElement payload, IReadOnlyList<string> names)
    {
        var labels = new Dictionary<string, string>(names.Count, StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (TextAt(payload, name) is { } value) labels[name] = value;
        }

        return labels;
    }

    private static bool Holds(JsonElement claim, string wanted) =>
        claim.ValueKind == JsonValueKind.Array ? claim.EnumerateArray().Any(c => TextOf(c) == wanted) : TextOf(claim) == wanted;

    // What goes into logs and limits is bounded and prints on one line.
    private static string? TextOf(JsonElement claim)
    {
        var text = claim.ValueKind switch
        {
            JsonValueKind.String => claim.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => claim.GetRawText(),
            _ => null,
        };
        return text is { Length: > 0 and <= TextCharsMax } && !text.Any(char.IsControl) ? text : null;
    }
}
