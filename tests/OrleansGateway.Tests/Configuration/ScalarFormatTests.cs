using System.Net;
using System.Text.RegularExpressions;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

public sealed class ScalarFormatTests
{
    [Theory]
    [InlineData(typeof(IPEndPoint), "127.0.0.1:8080", "0.0.0.0:0", "[::1]:8080", "[0:0::1]:1")]
    [InlineData(typeof(IPNetwork), "10.0.0.0/8", "10.0.0.1/32", "2001:db8::/32", "0.0.0.0/0", "::/0")]
    [InlineData(typeof(Uri), "http://x", "https://api.openai.com/v1", "https://x:8443/a/b/", "http://[::1]:1/")]
    [InlineData(typeof(DateTimeOffset), "2030-12-31T23:59:59Z", "2030-12-31T23:59+01:00", "2030-12-31T23:59:59.1234567-08:00")]
    [InlineData(typeof(bool), "true", "false")]
    [InlineData(typeof(int), "0", "-1", "2147483647")]
    [InlineData(typeof(long), "9223372036854775807")]
    [InlineData(typeof(ByteSize), "0", "512", "64KiB", "1GiB")]
    [InlineData(typeof(Quantity), "0", "1000", "12.50", "0.000000001", "unlimited")]
    [InlineData(typeof(LimitWindow), "100ms", "1m30s", "minute", "hour", "day", "week", "month")]
    [InlineData(typeof(TimeZoneInfo), "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5")]
    [InlineData(typeof(StreamUsage), "always", "as_sent")]
    [InlineData(typeof(ProviderKind), "openai", "anthropic", "fake")]
    public void Parse_WhenWrittenRight_ReadsItAndTheSchemaDoesToo(Type type, params string[] texts)
    {
        var format = ScalarFormat.Of(type)!;
        foreach (var text in texts)
        {
            Assert.True(format.Parse(text) is not null, text);
            if (format.Pattern is not null) Assert.Matches(format.Pattern, text);
            if (format.Choices.Count > 0) Assert.Contains(text, format.Choices);
        }
    }

    [Theory]
    [InlineData(typeof(IPEndPoint), "", "8080", ":8080", "127.0.0.1", "127.1:80", "127.0.0.01:80", "::1:80", "[::1]", "[::1]:", "[::1]:65536", "127.0.0.1:65536", "localhost:80", "127.0.0.1:80 ")]
    [InlineData(typeof(IPNetwork), "", "10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "10/8", "2001:db8::1/32", "x/8", "/8")]
    [InlineData(typeof(Uri), "", "x", "/v1", "ftp://x", "file:///x", "http://", "http://me@x", "http://me:pw@x", "http://x?a", "http://x#a", "http://x y", "http://x\n")]
    [InlineData(typeof(DateTimeOffset), "", "2030-12-31", "2030-12-31T23:59:59", "2030-12-31 23:59:59Z", "2030-13-01T00:00:00Z", "31.12.2030", "now")]
    [InlineData(typeof(bool), "", "yes", "True", "1", "on")]
    [InlineData(typeof(int), "", "1.0", "1e3", "0x10", "1_000", "2147483648", " 1", "one")]
    [InlineData(typeof(long), "9223372036854775808")]
    [InlineData(typeof(ByteSize), "", "-1", "1KB", "1kib", "1.5MiB", "1 MiB", "9223372036854775807GiB")]
    [InlineData(typeof(Quantity), "", "-1", "1e3", "1,000", ".5", "5.", "0.0000000001", "9000000001", "all")]
    [InlineData(typeof(LimitWindow), "", "1", "year", "Day", "1M")]
    [InlineData(typeof(TimeZoneInfo), "", "Berlin", "Europe/Atlantis")]
    [InlineData(typeof(StreamUsage), "", "Always", "asSent", "AsSent", "0")]
    [InlineData(typeof(ProviderKind), "open_ai", "OpenAI", "2")]
    public void Parse_WhenWrittenWrong_RefusesIt(Type type, params string[] texts) =>
        Assert.All(texts, text => Assert.True(ScalarFormat.Of(type)!.Parse(text) is null, text));

    [Theory]
    [InlineData("BaseUrl", "base_url")]
    [InlineData("AsSent", "as_sent")]
    [InlineData("OpenAI", "openai")]
    [InlineData("MaxOutputTokens", "max_output_tokens")]
    [InlineData("CacheWrite1h", "cache_write_1h")]
    [InlineData("Ipv4Prefix", "ipv4_prefix")]
    [InlineData("Http1", "http1")]
    public void SnakeCase_OfAName_IsAsInTheFile(string name, string written) => Assert.Equal(written, ScalarFormat.SnakeCase(name));

    [Theory]
    [InlineData("wieght", "weight")]
    [InlineData("targts", "targets")]
    [InlineData("Models", "models")]
    [InlineData("colour", null)]
    public void Nearest_OfASlipOfTheFinger_IsWhatWasMeant(string name, string? meant) => Assert.Equal(meant, Nearest.To(name, ["weight", "targets", "models"]));

    [Theory]
    [InlineData("a", "keys.a")]
    [InlineData("a.b", "keys[\"a.b\"]")]
    [InlineData("a\nb", "keys[\"a?b\"]")]
    public void Entry_OfAKey_IsQuotedWhereItCouldBeMisread(string key, string path)
    {
        Assert.Equal(path, SettingPath.Entry("keys", key));
        Assert.DoesNotMatch(new Regex(@"[\r\n]"), path);
    }
}
