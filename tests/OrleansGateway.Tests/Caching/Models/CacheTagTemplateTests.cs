using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Caching.Models;

public sealed class CacheTagTemplateTests
{
    [Theory]
    [InlineData("fixed", "fixed")]
    [InlineData("model:{model}", "model:m")]
    [InlineData("{metadata.docs}-{model}", "1-m 2-m")]
    [InlineData("{metadata.docs}{metadata.docs}", "11 12 21 22")]
    [InlineData("user:{user}", "")]
    public void Fill_OfATemplate_MakesATagOfEachValue(string template, string expected)
    {
        var tags = new List<string>();
        Assert.True(CacheTagTemplate.Parse(template).Template!.Fill(ValueOf, tag => { tags.Add(tag); return true; }));
        Assert.Equal(expected, string.Join(' ', tags));
    }

    [Theory]
    [InlineData("")] [InlineData("{model")] [InlineData("{never}")] [InlineData("{metadata.}")]
    public void Parse_OfWhatIsNoTag_SaysWhy(string template)
    {
        var (parsed, wrong) = CacheTagTemplate.Parse(template);
        Assert.Null(parsed);
        Assert.NotEmpty(wrong);
    }

    [Fact]
    public void Fill_OfListsBesideLists_StopsWhenNoMoreAreTaken()
    {
        var asked = 0;
        var template = CacheTagTemplate.Parse("{metadata.docs}{metadata.docs}{metadata.docs}{metadata.docs}").Template!;
        Assert.False(template.Fill(ValueOf, _ => ++asked < 3));
        Assert.Equal(3, asked);
    }

    private static string? ValueOf(string name) => name switch
    {
        "model" => "m",
        "metadata.docs" => "1, 2",
        _ => null,
    };
}
