using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansGateway.Admin;
using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Admin;

/// <summary>
/// Stands in the client of the tests: holds every answer that any of them gets to the OpenAPI document. What a path answers, with which status, media type and
/// members, must be written there.
/// </summary>
internal sealed class OpenApiWitness() : DelegatingHandler(new SocketsHttpHandler())
{
    /// <summary>Media type of answers that have no end of their own.</summary>
    public const string Endless = "text/event-stream";

    private static readonly JsonObject Document = JsonNode.Parse(OpenApiDocument.Text)!.AsObject();
    private static readonly JsonSchemaJudge Judge = new(Document["components"]!["schemas"]!.AsObject(), "#/components/schemas/");

    private static readonly (Regex Path, JsonObject Methods)[] Paths = [.. Document["paths"]!.AsObject()
        // What has fewer parameters wins, as it does in the gateway.
        .OrderBy(p => p.Key.Count(c => c == '{'))
        .Select(p => (new Regex("^" + Regex.Replace(p.Key, @"\\?\{[a-z]+\}", "[^/]+").Replace(".", @"\.", StringComparison.Ordinal) + "$"), p.Value!.AsObject()))];

    /// <summary>What is wrong with an answer, by the document; none if it is as written there.</summary>
    public static string? FaultOf(string method, string path, int status, string? mediaType, string body)
    {
        var operation = Paths.FirstOrDefault(p => p.Path.IsMatch(path) && p.Methods.ContainsKey(method.ToLowerInvariant())).Methods?[method.ToLowerInvariant()];
        // No endpoint: then nothing but that, or that the caller is not known or not allowed, may be said.
        if (operation is null) return status is 401 or 403 or 404 ? null : $"status {status} where there is no endpoint";
        if (operation["responses"]![status.ToString(CultureInfo.InvariantCulture)] is not JsonObject response) return $"status {status} is not documented";
        if (response["content"] is not JsonObject content) return body.Length == 0 ? null : $"a body with status {status}, which is documented to have none";
        if (content[mediaType ?? ""] is not JsonObject media) return $"media type {mediaType} is not documented for status {status}";
        if (mediaType!.EndsWith("json", StringComparison.Ordinal) is false || media["schema"]!["type"]?.GetValueKind() == System.Text.Json.JsonValueKind.String) return null;
        return Judge.Accepts(media["schema"]!.AsObject(), JsonNode.Parse(body)) ? null : $"status {status}: not as its schema says: {body}";
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType == Endless)
        {
            Assert.Null(FaultOf(request.Method.Method, request.RequestUri!.AbsolutePath, (int)response.StatusCode, Endless, ""));
            return response;
        }

        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var fault = FaultOf(
            request.Method.Method, request.RequestUri!.AbsolutePath, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(cancellationToken));
        Assert.True(fault is null, $"{request.Method} {request.RequestUri.PathAndQuery}: {fault}");
        return response;
    }
}
