using OrleansGateway.Caching.Terms;

namespace OrleansGateway.Tests.Caching.Terms;

/// <summary>Conditions and ranges on what is stored (RFC 9110 §13, §14); conditional requests and partial of the public suite.</summary>
public sealed class ConditionTests
{
    private const string Modified = "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\n";

    [Theory]
    [InlineData("ETag: \"a\"", "If-None-Match: \"a\"", 200, true)]
    [InlineData("ETag: \"a\"", "If-None-Match: W/\"a\"", 200, true)]
    [InlineData("ETag: W/\"a\"", "If-None-Match: \"a\"", 200, true)]
    [InlineData("ETag: \"a\"", "If-None-Match: \"b\", \"a\"", 200, true)]
    [InlineData("ETag: \"a\"", "If-None-Match: \"b,\"\nIf-None-Match: \"a\"", 200, true)]
    [InlineData("ETag: \"a\"", "If-None-Match: \"b, \\\"a\"", 200, false)]
    [InlineData("ETag: \"a\"", "If-None-Match: \"A\"", 200, false)]
    [InlineData("ETag: \"a\"", "If-None-Match: *", 200, true)]
    [InlineData("", "If-None-Match: *", 200, true)]
    [InlineData("", "If-None-Match: \"a\"", 200, false)]
    [InlineData("ETag: \"a\"", "If-None-Match: \"a\"", 404, false)]
    [InlineData(Modified, "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT", 200, true)]
    [InlineData(Modified, "If-Modified-Since: Thu, 01 Jan 2026 00:00:01 GMT", 200, true)]
    [InlineData(Modified, "If-Modified-Since: Wed, 31 Dec 2025 00:00:00 GMT", 200, false)]
    [InlineData(Modified, "If-Modified-Since: yesterday", 200, false)]
    [InlineData(Modified + "ETag: \"a\"", "If-None-Match: \"b\"\nIf-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT", 200, false)]
    public void NotModified_IsSaidWhereTheClientHasIt(string fields, string request, int status, bool isSaid)
    {
        var answer = new Answered(fields, request, status);
        Assert.Equal(isSaid, Conditions.IsNotModified(answer.Request, status, answer.Terms, Answered.Now));
    }

    [Theory]
    [InlineData("ETag: \"a\"", "", true)]
    [InlineData("ETag: \"a\"", "If-Range: \"a\"", true)]
    [InlineData("ETag: \"a\"", "If-Range: \"b\"", false)]
    [InlineData("ETag: W/\"a\"", "If-Range: W/\"a\"", false)]
    [InlineData("ETag: W/\"a\"", "If-Range: \"a\"", false)]
    [InlineData(Modified, "If-Range: Thu, 01 Jan 2026 00:00:00 GMT", true)]
    [InlineData(Modified, "If-Range: Thu, 01 Jan 2026 00:00:01 GMT", false)]
    [InlineData(Modified + "Date: Thu, 01 Jan 2026 00:00:00 GMT", "If-Range: Thu, 01 Jan 2026 00:00:00 GMT", false)]
    [InlineData("ETag: \"a\"", "If-Range: \"a\"\nIf-Range: \"a\"", false)]
    public void Range_IsCutOfTheVeryThingOnly(string fields, string request, bool isCut)
    {
        var answer = new Answered(fields, request);
        Assert.Equal(isCut, Conditions.MayCut(answer.Request, answer.Terms));
    }

    [Theory]
    [InlineData("bytes=0-4", "0-4")]
    [InlineData("bytes=5-", "5-9")]
    [InlineData("bytes=5-99", "5-9")]
    [InlineData("bytes=-3", "7-9")]
    [InlineData("bytes=-99", "0-9")]
    [InlineData("BYTES=0-0", "0-0")]
    [InlineData("bytes=10-", "none")]
    [InlineData("bytes=-0", "none")]
    [InlineData("bytes=5-4", "ignored")]
    [InlineData("bytes=0-1,3-4", "ignored")]
    [InlineData("bytes=a-4", "ignored")]
    [InlineData("bytes=-", "ignored")]
    [InlineData("bytes=+1-4", "ignored")]
    [InlineData("lines=0-4", "ignored")]
    public void Range_OfTenBytes_IsRead(string text, string read)
    {
        var isRead = ByteRange.TryRead(text, 10, out var range);
        Assert.Equal(read, !isRead ? "ignored" : range is { } some ? $"{some.From}-{some.To}" : "none");
    }

    [Theory]
    [InlineData("bytes 0-4/10", true)]
    [InlineData("bytes 0-9/10", true)]
    [InlineData("bytes 0-10/10", false)]
    [InlineData("bytes 5-4/10", false)]
    [InlineData("bytes 0-4/*", false)]
    [InlineData("bytes */10", false)]
    [InlineData("bytes -1-4/10", false)]
    public void ContentRange_IsReadIfItIsValid(string text, bool isValid) => Assert.Equal(isValid, ByteRange.OfContent(text) is not null);
}
