using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansGateway.Admin;

namespace OrleansGateway.Tests.Admin;

public sealed class OpenApiTests
{
    private static readonly JsonElement Document = JsonElement.Parse(OpenApiDocument.Text);

    [Fact]
    public async Task Document_AsServed_ListsEveryEndpointThatIsMapped()
    {
        await using var host = await AdminHost.StartAsync();
        var (response, served) = await host.CallAsync("GET", "/admin/v1/openapi.json");
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var mapped = host.Mapped.Select(e => e.Metadata.GetMetadata<AdminEndpoint>()).OfType<AdminEndpoint>().Select(e => $"{e.Method.ToLowerInvariant()} {AdminEndpoint.Root}{e.Path}");
        var documented = JsonElement.Parse(served).GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(m => $"{m.Name} {p.Name}"));
        Assert.Equal(mapped.Order(), documented.Order());
    }

    [Fact]
    public void Document_InDocs_IsTheOneServed() =>
        Assert.Equal(OpenApiDocument.Text, File.ReadAllText(Repository.PathOf("docs/admin-openapi.json")));

    [Fact]
    public void References_InTheDocument_LeadToSchemas()
    {
        var references = Regex.Matches(Document.GetRawText(), "\"\\$ref\": ?\"#/([^\"]+)\"").Select(m => m.Groups[1].Value).Distinct().ToArray();
        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.Equal(JsonValueKind.Object, r.Split('/').Aggregate(Document, (at, step) => at.GetProperty(step)).ValueKind));
    }

    [Fact]
    public void OperationIds_OfAll_AreUnique()
    {
        var ids = Document.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject()).Select(o => o.Value.GetProperty("operationId").GetString()).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Theory]
    [InlineData("GET", "/admin/v1/tenants", 200, "application/json", """{"tenants":[]}""", null)]
    [InlineData("GET", "/admin/v1/tenants", 200, "application/json", """{"tenants":[{"id":"a"}]}""", "not as its schema says")]
    [InlineData("GET", "/admin/v1/tenants", 200, "application/json", """{"tenants":[],"more":1}""", "not as its schema says")]
    [InlineData("GET", "/admin/v1/tenants", 200, "text/plain", "", "media type text/plain")]
    [InlineData("GET", "/admin/v1/tenants", 404, "application/problem+json", "{}", "status 404 is not documented")]
    [InlineData("DELETE", "/admin/v1/tenants/a", 204, null, "x", "documented to have none")]
    [InlineData("GET", "/admin/v1/none", 200, "application/json", "{}", "no endpoint")]
    public void Witness_OfAnAnswerThatIsNotAsDocumented_SaysSo(string method, string path, int status, string? mediaType, string body, string? fault)
    {
        var found = OpenApiWitness.FaultOf(method, path, status, mediaType, body);
        if (fault is null) Assert.Null(found);
        else Assert.Contains(fault, found ?? "", StringComparison.Ordinal);
    }
}
