using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Caching.Terms;

/// <summary>What may be stored (RFC 9111 §3); the groups cc-response, auth, status, heuristic, headers and CDN-Cache-Control of the public suite.</summary>
public sealed class StoringTests
{
    [Theory]
    [InlineData("Cache-Control: max-age=1", null)]
    [InlineData("Cache-Control: s-maxage=1", null)]
    [InlineData("Cache-Control: public", null)]
    [InlineData("Expires: 0", null)]
    [InlineData("Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT", null)]
    [InlineData("Cache-Control: max-age=1, NO-STORE", "no-store")]
    [InlineData("Cache-Control: max-age=1\nCache-Control: no-store", "no-store")]
    [InlineData("Cache-Control: max-age=1, private", "private")]
    [InlineData("Cache-Control: max-age=1, private=\"x\"", "private")]
    [InlineData("Cache-Control: max-age=1, x=\"no-store, private\"", null)]
    [InlineData("Cache-Control: max-age=1, no-store, must-understand", null)]
    [InlineData("Cache-Control: max-age=1\nVary: *", "vary")]
    [InlineData("Cache-Control: max-age=1\nVary: a, *", "vary")]
    [InlineData("Cache-Control: max-age=1\nSet-Cookie: a=b", "set-cookie")]
    [InlineData("Cache-Control: s-maxage=1\nSet-Cookie: a=b", null)]
    [InlineData("CDN-Cache-Control: max-age=1\nCache-Control: no-store", null)]
    [InlineData("CDN-Cache-Control: no-store\nCache-Control: max-age=1", "no-store")]
    [InlineData("Gateway-Cache-Control: max-age=1\nCDN-Cache-Control: no-store", null)]
    [InlineData("CDN-Cache-Control: not valid;;\nCache-Control: no-store", "no-store")]
    public void Answer_OfSuccess_IsStoredUnlessItSaysOtherwise(string fields, string? whyNot) => Assert.Equal(whyNot, new Answered(fields).WhyNot);

    [Theory]
    [InlineData(200, "", null)]
    [InlineData(204, "", null)]
    [InlineData(301, "", null)]
    [InlineData(302, "", "no-freshness")]
    [InlineData(302, "Cache-Control: max-age=1", null)]
    [InlineData(404, "", "no-freshness")]
    [InlineData(404, "Cache-Control: max-age=1", null)]
    [InlineData(503, "", "no-freshness")]
    [InlineData(500, "Cache-Control: no-cache", "no-freshness")]
    [InlineData(404, "Cache-Control: no-cache", null)]
    [InlineData(599, "Cache-Control: max-age=1", null)]
    [InlineData(599, "Cache-Control: max-age=1, must-understand", "status")]
    [InlineData(599, "Cache-Control: max-age=1, must-understand, no-store", "status")]
    [InlineData(304, "Cache-Control: max-age=1", "status")]
    public void Answer_OfAnyStatus_IsStoredWithFreshness(int status, string fields, string? whyNot) => Assert.Equal(whyNot, new Answered(fields, status: status).WhyNot);

    [Theory]
    [InlineData("max-age=1", "authorization")]
    [InlineData("max-age=1, public", null)]
    [InlineData("s-maxage=1", null)]
    [InlineData("max-age=1, must-revalidate", null)]
    [InlineData("max-age=1, proxy-revalidate", "authorization")]
    public void Answer_ToOneWhoShowedWhoHeIs_IsStoredOnlyIfItSaysSo(string control, string? whyNot) =>
        Assert.Equal(whyNot, new Answered($"Cache-Control: {control}", "Authorization: Basic x").WhyNot);

    [Theory]
    [InlineData(RequestDirectiveUse.Honour, "request-no-store")]
    [InlineData(RequestDirectiveUse.Ignore, null)]
    public void NoStore_OfARequest_CountsWhereTheRouteLetsIt(RequestDirectiveUse use, string? whyNot) =>
        Assert.Equal(whyNot, new Answered("Cache-Control: max-age=1", "Cache-Control: no-store", settings: new CacheSettings { RequestDirectives = use }).WhyNot);

    [Fact]
    public void Head_AsItIsStored_HasNothingOfTheConnectionAndADate()
    {
        var head = new Answered("Connection: X-Hop\nX-Hop: 1\nKeep-Alive: 5\nContent-Length: 3\nAge: 4\nSurrogate-Key: a\nX-Kept: 1\nX-Kept: 2").Head;
        Assert.Equal(["X-Kept", "Date", "Via"], head.Sent.Select(field => field.Key));
        Assert.Equal("1,2", head["X-Kept"].ToString());
        Assert.Equal("Fri, 02 Jan 2026 03:04:05 GMT", head["Date"].ToString());
        Assert.Equal("4", head["Age"].ToString());
    }

    [Fact]
    public void Head_AfterA304_HasItsFieldsAndTheCodingOfItsBody()
    {
        var head = new Answered("Content-Type: text/a\nContent-Encoding: br\nX-A: 1\nX-B: 1\nAge: 9\nDate: Thu, 01 Jan 2026 00:00:00 GMT").UpdatedBy("Content-Type: text/b\nContent-Encoding: gzip\nX-A: 2\nX-A: 3\nX-C: 1");
        Assert.Equal("text/b", head["Content-Type"].ToString());
        Assert.Equal("br", head["Content-Encoding"].ToString());
        Assert.Equal("2,3", head["X-A"].ToString());
        Assert.Equal("1", head["X-B"].ToString());
        Assert.Equal("1", head["X-C"].ToString());
        Assert.False(head.Has("Age"));
        Assert.Equal("Fri, 02 Jan 2026 03:04:05 GMT", head["Date"].ToString());
    }
}
