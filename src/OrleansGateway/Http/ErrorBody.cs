using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansGateway.Http;

/// <summary>Writes a refusal as the client's own API would: what its SDK makes a typed exception of.</summary>
internal static class ErrorBody
{
    /// <summary>OpenAI's type of an error that only money ends; Anthropic calls it <c>billing_error</c>.</summary>
    public const string InsufficientQuota = "insufficient_quota";

    /// <summary>The problem type of draft-ietf-httpapi-ratelimit-headers-11 §5.1.</summary>
    private const string QuotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded";

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string ContentType(Dialect dialect) => dialect == Dialect.Problem ? "application/problem+json" : "application/json";

    public static void Write(Dialect dialect, Refusal refusal, string requestId, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, Json);
        switch (dialect)
        {
            case Dialect.OpenAI:
                WriteOpenAI(refusal, json);
                break;
            case Dialect.Anthropic:
                WriteAnthropic(refusal, requestId, json);
                break;
            default:
                WriteProblem(refusal, requestId, json);
                break;
        }
    }

    /// <summary>The same in a stream that has begun: OpenAI's SDKs throw at an <c>error</c> member, Anthropic's at an event of that name.</summary>
    public static void WriteEvent(Dialect dialect, Refusal refusal, string requestId, IBufferWriter<byte> output)
    {
        output.Write(dialect == Dialect.Anthropic ? "event: error\ndata: "u8 : "data: "u8);
        Write(dialect, refusal, requestId, output);
        output.Write("\n\n"u8);
    }

    /// <summary>OpenAI API reference, schema <c>ErrorResponse</c>: all four fields are required.</summary>
    private static void WriteOpenAI(Refusal refusal, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", refusal.Message);
        json.WriteString("type", refusal.Type ?? refusal.Status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            < 500 => "invalid_request_error",
            _ => "server_error",
        });
        json.WriteString("param", refusal.Param);
        json.WriteString("code", refusal.Code);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Anthropic API reference, "Errors".</summary>
    private static void WriteAnthropic(Refusal refusal, string requestId, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", refusal.Status switch
        {
            401 => "authentication_error",
            _ when refusal.Type == InsufficientQuota => "billing_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            504 => "timeout_error",
            529 => "overloaded_error",
            < 500 => "invalid_request_error",
            _ => "api_error",
        });
        json.WriteString("message", refusal.Message);
        json.WriteEndObject();
        json.WriteString("request_id", requestId);
        json.WriteEndObject();
    }

    /// <summary>RFC 9457. <c>code</c> and <c>request_id</c> are extension members (§3.2).</summary>
    private static void WriteProblem(Refusal refusal, string requestId, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", refusal.Rule is null ? "about:blank" : QuotaExceeded);
        json.WriteString("title", refusal.Rule is null ? Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(refusal.Status) : "Request cannot be satisfied as assigned quota has been exceeded");
        json.WriteNumber("status", refusal.Status);
        json.WriteString("detail", refusal.Message);
        json.WriteString("code", refusal.Code);
        json.WriteString("request_id", requestId);
        if (refusal.Rule is { } rule)
        {
            json.WriteStartArray("violated-policies");
            json.WriteStringValue(rule);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
