using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

public sealed class ConfigurationTextTests
{
    private const string Secret = "sk-1234567890";

    [Theory]
    [InlineData("api_key: sk-1234567890 # the key")]
    [InlineData("api_key: 'sk-1234567890'")]
    [InlineData("api_key: \"sk-1234567890\"")]
    [InlineData("api_key: ${KEY:-sk-1234567890}")]
    [InlineData("api_key: |\n      sk-1234567890\n    base_url: http://x")]
    [InlineData("api_key: >-\n      sk-1234567890\n    base_url: http://x")]
    [InlineData("api_key: &a sk-1234567890\n    headers: {x: *a}")]
    [InlineData("headers: {x-key: sk-1234567890, y: [sk]}")]
    [InlineData("base_url: ü€😀\r\n    api_key: sk-1234567890\r\n    kind: openai")]
    public void Mask_OfASecretHoweverItIsWritten_HidesItAndFillBringsItBack(string field)
    {
        var text = $"providers:\n  p:\n    {field}\nroutes: {{default: {{path: /}}}}\n";
        var masked = ConfigurationText.Mask(text);
        Assert.DoesNotContain(Secret, masked, StringComparison.Ordinal);
        Assert.Contains("path: /", masked, StringComparison.Ordinal);
        var (filled, missing) = ConfigurationText.Fill(masked, text);
        Assert.Empty(missing);
        Assert.Equal(Values(text), Values(filled));
    }

    [Theory]
    [InlineData("${KEY}")]
    [InlineData("file:secret.txt")]
    public void Mask_OfAReference_LeavesIt(string reference)
    {
        var text = $"providers: {{p: {{api_key: \"{reference}\"}}}}";
        Assert.Equal(text, ConfigurationText.Mask(text));
    }

    [Fact]
    public void Mask_OfWhatIsNoSecret_LeavesIt()
    {
        const string Text = "tenants: {a: {name: '***'}}\nkeys: {k: {hash: abc, tenant: a}}";
        Assert.Equal(Text, ConfigurationText.Mask(Text));
        Assert.Equal(Text, ConfigurationText.Fill(Text, Text).Text);
    }

    private static IEnumerable<string> Values(string text) => ConfigurationText.Leaves(text)!.Select(l => $"{l.Path}={l.Node.Text}");
}
