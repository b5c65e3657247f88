using System.Text.Json;
using OrleansGateway.Admin;
using OrleansGateway.Tests.Tidy;

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
        Assert.Equal(OpenApiDocument.Text, File.ReadAllText(Path.Combine(Repository.Root, "docs", "admin-openapi.json")));

    [Fact]
    public void References_InTheDocument_LeadToSchemas()
    {
        var schemas = Document.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(s => $"#/components/schemas/{s.Name}").ToHashSet();
        var operations = Document.GetProperty("paths").GetRawText();
        var references = System.Text.RegularExpressions.Regex.Matches(operations, "\"\\$ref\": ?\"([^\"]+)\"").Select(m => m.Groups[1].Value).Distinct().ToArray();
        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.Contains(r, schemas));
    }

    [Fact]
    public void OperationIds_OfAll_AreUnique()
    {
        var ids = Document.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject()).Select(o => o.Value.GetProperty("operationId").GetString()).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }
}
