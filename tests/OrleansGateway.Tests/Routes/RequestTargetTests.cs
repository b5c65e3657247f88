using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Routes;

/// <summary>One reading of the target: what is matched is what is sent on.</summary>
public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/", "/", "/", "")]
    [InlineData("/a/b?x=1&y=%2e", "/a/b?x=1&y=%2e", "/a/b", "?x=1&y=%2e")]
    [InlineData("/a//b/", "/a//b/", "/a//b/", "")]
    [InlineData("/a/.hidden/..x/x..", "/a/.hidden/..x/x..", "/a/.hidden/..x/x..", "")]
    [InlineData("/a/./b/../c?q", "/a/c?q", "/a/c", "?q")]
    [InlineData("/a/%2e%2E/b", "/b", "/b", "")]
    [InlineData("/a/.%2e", "/", "/", "")]
    [InlineData("/a/b/.", "/a/b/", "/a/b/", "")]
    [InlineData("/../../x", "/x", "/x", "")]
    [InlineData("/a%2Fb/%61%20c", "/a%2Fb/%61%20c", "/a%2Fb/a c", "")]
    [InlineData("/a%252Fb", "/a%252Fb", "/a%2Fb", "")]
    [InlineData("/%C3%BC/%ff%61", "/%C3%BC/%ff%61", "/ü/%ff%61", "")]
    [InlineData("/a|b{c}", "/a|b{c}", "/a|b{c}", "")]
    [InlineData("http://h:80/a/b?c", "/a/b?c", "/a/b", "?c")]
    [InlineData("HTTPS://h?c=/../", "/?c=/../", "/", "?c=/../")]
    [InlineData("http://h", "/", "/", "")]
    [InlineData("*", "*", "/", "")]
    public void Read_OfATarget_GivesWhatIsSentAndWhatIsMatched(string raw, string whole, string path, string query)
    {
        Assert.Null(Read(raw, out var target));
        Assert.Equal((whole, path, query), (target.Whole, target.Path, target.Query));
    }

    [Theory]
    [InlineData("/a\\b")]
    [InlineData("/a#b")]
    [InlineData("/a?b#c")]
    [InlineData("/a\tb")]
    [InlineData("/a?b\u007f")]
    [InlineData("/a%00")]
    [InlineData("/a%0d%0aHost:x")]
    [InlineData("/a%7F")]
    [InlineData("/a%2")]
    [InlineData("/a%zz")]
    [InlineData("/a/..%2f..%2Fadmin")]
    [InlineData("/a/%2e%2e%5cadmin")]
    [InlineData("/a/x%2f.")]
    [InlineData("host:443")]
    [InlineData("ftp://h/a")]
    [InlineData("")]
    public void Read_OfWhatServersReadDifferently_IsRefused(string raw) => Assert.NotNull(Read(raw, out _));

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void Read_OfAnyPath_AgreesWithTheAlgorithmOfTheRfcAndIsStable(int seed)
    {
        var random = new Random(seed);
        string[] pieces = ["/", "/", ".", "..", "%2e", "%2E", "a", "b%2Fc", "%20", "x", "%C3%BC", "..."];
        for (var round = 0; round < 5_000; round++)
        {
            var raw = "/" + string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (Read(raw, out var target) is not null) continue;
            Assert.Equal(RemoveDotSegments(raw), target.RawPath);
            Assert.Null(Read(target.Whole, out var again));
            Assert.Equal(target, again);
            Assert.Equal(target.RawPath.Count(c => c == '/'), target.Path.Count(c => c == '/'));
        }
    }

    /// <summary>RFC 3986 §5.2.4, step by step as it stands there, on the path with its encoded dots decoded where they make a dot segment.</summary>
    private static string RemoveDotSegments(string path)
    {
        string[] segments = [.. path.Split('/').Select(s => Dots(s) ?? s)];
        var (input, output) = (string.Join('/', segments), "");
        while (input.Length > 0)
        {
            if (input.StartsWith("/./", StringComparison.Ordinal)) input = input[2..];
            else if (input == "/.") input = "/";
            else if (input.StartsWith("/../", StringComparison.Ordinal) || input == "/..")
            {
                input = input == "/.." ? "/" : input[3..];
                output = output.Contains('/', StringComparison.Ordinal) ? output[..output.LastIndexOf('/')] : "";
            }
            else
            {
                var next = input.IndexOf('/', 1);
                output += next < 0 ? input : input[..next];
                input = next < 0 ? "" : input[next..];
            }
        }

        return output;
    }

    private static string? Dots(string segment) => segment.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) switch { "." => ".", ".." => "..", _ => null };

    private static string? Read(string raw, out RequestTarget target)
    {
        var http = new DefaultHttpContext();
        http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = raw;
        return RequestTarget.Read(http.Request, out target);
    }
}
