using System.Text;
using System.Text.Json;
using OrleansGateway.Models;

namespace OrleansGateway.Tests.Models;

/// <summary>Parts that nobody needs to understand are copied from one request into another, whatever stands in them.</summary>
public sealed class JsonCopyTests
{
    [Theory]
    [InlineData("""{"a":[1.50,true,null,"x"],"b":{"c":"y"}}""", """{"a":[1.50,true,null,"x"],"b":{"c":"y"}}""")]
    [InlineData("""[ "a\\b\n\"", { "k\u0041" : 1e2 } ]""", """["a\\b\n\u0022",{"kA":1e2}]""")]
    [InlineData("""{"a":["\ud800",{"x\udc00":"\ud83d\ude00"}],"n":1}""", """{"a":["\uFFFD",{"x\uFFFD":"\uD83D\uDE00"}],"n":1}""")]
    public void WriteCopy_OfAnyValue_WritesItWithoutHalfSurrogatePairs(string json, string copy)
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output)) writer.WriteCopy(JsonElement.Parse(json));
        Assert.Equal(copy, Encoding.UTF8.GetString(output.ToArray()));
    }
}
