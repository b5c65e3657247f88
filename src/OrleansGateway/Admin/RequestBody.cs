using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Http;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Reads bodies of the admin API. Fields it does not know are refused by name: a mistyped limit must not pass for none.</summary>
internal static class RequestBody
{
    private const int BytesMax = 64 << 10;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The document sent, or the answer that refuses it. An empty body counts as <c>{}</c>.</summary>
    public static async Task<(T? Document, IResult? Refused)> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type) where T : class
    {
        var (body, refused) = await ReadBytesAsync(http, BytesMax);
        return refused is not null ? (null, refused) : Parse(body.Length == 0 ? "{}"u8.ToArray() : body, type);
    }

    /// <summary>The text sent, in UTF-8, or the answer that refuses it.</summary>
    public static async Task<(string? Text, IResult? Refused)> ReadTextAsync(HttpContext http, int bytesMax)
    {
        var (body, refused) = await ReadBytesAsync(http, bytesMax);
        if (refused is not null) return (null, refused);
        try
        {
            return (Utf8.GetString(body), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, AdminAnswer.Problem(Refusal.BadRequest("invalid_text", "The request body is not text in UTF-8.")));
        }
    }

    /// <summary>The bytes sent, or the answer that refuses them.</summary>
    public static async Task<(byte[] Body, IResult? Refused)> ReadBytesAsync(HttpContext http, int bytesMax)
    {
        try
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = bytesMax;
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body, http.RequestAborted);
            return (body.ToArray(), null);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return ([], AdminAnswer.Problem(Refusal.BodyTooLarge(bytesMax)));
        }
    }

    private static (T? Document, IResult? Refused) Parse<T>(byte[] body, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (json.RootElement.ValueKind != JsonValueKind.Object) return (null, Malformed("", "Must be a JSON object."));
            var known = type.Properties.Select(p => p.Name).ToArray();
            var unknown = json.RootElement.EnumerateObject().Select(p => p.Name).Except(known, StringComparer.Ordinal).ToArray();
            if (unknown.Length == 0) return (json.Deserialize(type), null);

            var message = $"Is not known here. Known are: {string.Join(", ", known)}.";
            return (null, AdminAnswer.Invalid([.. unknown.Select(name => new KeyFault(name, message))]));
        }
        catch (JsonException e)
        {
            // Its message may quote what was sent; the path is enough.
            var path = e.Path is { Length: > 2 } ? e.Path[2..] : "";
            return (null, Malformed(path, path.Length == 0 ? "Is not valid JSON, or names a field twice." : "Is not of the type expected here."));
        }
    }

    private static IResult Malformed(string path, string message) => AdminAnswer.Problem(
        Refusal.BadRequest("invalid_json", "The request body cannot be read; see errors."), [new ErrorDocument(path, message)]);
}
