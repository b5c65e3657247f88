using System.Text.Json;
using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>What a provider says went wrong, in the words of any of them, as a refusal that the client's dialect can say.</summary>
internal static class ProviderError
{
    private const int MessageLengthMax = 2_000;

    private static readonly Refusal RefusedUs =
        new(502, "upstream_refused_gateway", "The provider of this model refused the gateway's own credentials or account.");

    /// <summary>
    /// An error answer of a provider. Its refusal of our own key is not the client's business, nor is the text, which may show part of the key:
    /// that becomes a 502.
    /// </summary>
    public static Refusal FromAnswer(int status, ReadOnlyMemory<byte> body, TimeSpan? retryAfter)
    {
        if (IsOurFault(status)) return RefusedUs;
        var (type, message, code) = Parse(body);
        return new Refusal(status, code ?? type ?? "upstream_error", message ?? $"The provider of this model answered with status {status}.", null, retryAfter);
    }

    /// <summary>An error in the middle of a stream, as an object with an <c>error</c> member, and whether the client may see it as it is.</summary>
    public static (Refusal Refusal, bool MayShow) FromStream(JsonElement body)
    {
        var error = body.Member("error") ?? body;
        var refusal = error.ValueKind == JsonValueKind.String
            ? FromStream("upstream_error", error.Text())
            : FromStream(error.Text("type") ?? "upstream_error", error.Text("message") ?? "The provider of this model failed in the middle of its answer.");
        return (refusal, refusal != RefusedUs);
    }

    public static Refusal FromStream(string type, string message)
    {
        if (type is "authentication_error" or "permission_error" or "billing_error") return RefusedUs;
        var status = type switch
        {
            "overloaded_error" => 529,
            "rate_limit_error" => 429,
            "invalid_request_error" => 400,
            "timeout_error" => 504,
            _ => 502,
        };
        return new Refusal(status, type, Short(message));
    }

    /// <summary>Whether the status speaks of the gateway's key, account or bill at the provider.</summary>
    public static bool IsOurFault(int status) => status is 401 or 402 or 403 or 407;

    private static (string? Type, string? Message, string? Code) Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var error = json.RootElement.Member("error") ?? json.RootElement;
            if (error.ValueKind == JsonValueKind.String) return (null, Short(error.Text()), null);
            var message = error.Text("message") ?? error.Text("detail");
            return (error.Text("type"), message is null ? null : Short(message), error.Text("code"));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string Short(string message) => message.Length <= MessageLengthMax ? message : message[..MessageLengthMax] + "…";
}
