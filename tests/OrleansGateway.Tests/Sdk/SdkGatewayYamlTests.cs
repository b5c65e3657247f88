using YamlDotNet.RepresentationModel;

namespace OrleansGateway.Tests.Sdk;

/// <summary>The configuration for the SDKs offers every model they ask for.</summary>
public sealed class SdkGatewayYamlTests
{
    [Theory]
    [InlineData("fake-")] [InlineData("openai-")] [InlineData("anthropic-")]
    public void Of_ForEachKind_OffersEveryModelOfTheTable(string prefix)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(SdkGatewayYaml.Of(new Uri("http://127.0.0.1:1/v1"))));
        var offered = ((YamlMappingNode)yaml.Documents[0].RootNode["models"]).Children.Keys.Select(name => ((YamlScalarNode)name).Value!).ToHashSet();
        var readme = File.ReadLines(Repository.PathOf("tests/sdk/README.md"));
        var table = readme.SkipWhile(line => !line.StartsWith("| model |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('`')[1]).Where(name => name != "no-such-model").ToList();
        Assert.Equal(11, table.Count);
        Assert.All(table, name => Assert.Contains(prefix + name, offered));
    }
}
