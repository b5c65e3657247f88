using System.Text.Json.Nodes;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

public sealed class ConfigurationSchemaTests
{
    private static readonly JsonObject Schema = JsonNode.Parse(ConfigurationSchema.Write())!.AsObject();

    private readonly JsonSchemaJudge _judge = new(Schema);

    [Theory]
    [InlineData("gateway.yaml")]
    [InlineData("examples/gateway.full.yaml")]
    public void Schema_OfAFileOfOurs_AcceptsIt(string name) => Assert.True(_judge.Accepts(File.ReadAllText(Repository.PathOf(name))));

    [Fact]
    public void Schema_OfTheSample_AcceptsIt() => Assert.True(_judge.Accepts(TestFolder.Good));

    [Theory]
    [InlineData("weight: 3", "wieght: 3")]
    [InlineData("weight: 3", "weight: x")]
    [InlineData("weight: 3", "weight: -1")]
    [InlineData("weight: 3", "weight: 1000001")]
    [InlineData("weight: 3", "weight:")]
    [InlineData("delay: 20ms", "delay: 20")]
    [InlineData("delay: 20ms", "delay: \"\"")]
    [InlineData("delay: 20ms", "delay: 1s1m")]
    [InlineData("kind: openai", "kind: OpenAI")]
    [InlineData("    kind: openai\n", "")]
    [InlineData("secret: file:app-key", "hash: abc")]
    [InlineData("routes: [default]", "routes: default")]
    [InlineData("path: /", "path: ''")]
    [InlineData("      - provider: openai\n        model: gpt-4.1-mini\n        weight: 3\n      - provider: fake\n    fallbacks", "      []\n    fallbacks")]
    public void Schema_WhenTheSampleIsDamaged_RefusesIt(string old, string changed)
    {
        Assert.Contains(old, TestFolder.Good, StringComparison.Ordinal);
        Assert.False(_judge.Accepts(TestFolder.Good.Replace(old, changed, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("weight: 3", "weight: ${WEIGHT}")]
    [InlineData("delay: 20ms", "delay: ${DELAY:-2}s")]
    [InlineData("kind: openai", "kind: ${KIND}")]
    [InlineData("path: /", "path: ${PATH_PREFIX}/v1/")]
    public void Schema_WhenAValueIsAReference_AcceptsIt(string old, string changed) =>
        Assert.True(_judge.Accepts(TestFolder.Good.Replace(old, changed, StringComparison.Ordinal)));

    [Fact]
    public void Schema_OfASetting_CarriesItsCommentRangeAndDefault()
    {
        var weight = Schema["$defs"]!["TargetSettings"]!["properties"]!["weight"]!;
        Assert.Contains("0 to 1,000,000", weight["description"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal((0L, 1_000_000L), (weight["anyOf"]![0]!["minimum"]!.GetValue<long>(), weight["anyOf"]![0]!["maximum"]!.GetValue<long>()));
        Assert.Equal(1, weight["default"]!.GetValue<int>());
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", Schema["$schema"]!.GetValue<string>());
    }
}
