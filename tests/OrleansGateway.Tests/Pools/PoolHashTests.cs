using System.Net;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Configuration;
using OrleansGateway.Upstream.Pools;

namespace OrleansGateway.Tests.Pools;

public sealed class PoolHashTests
{
    private static readonly IPAddress Client = IPAddress.Parse("192.0.2.7");
    private static readonly ulong ByAddress = PoolHash.Of(new HashSettings(), Request(), Client);

    [Fact]
    public void Of_AHeader_GoesByItsValue()
    {
        var settings = new HashSettings { Header = "X-User" };
        Assert.Equal(StableHash.Of("ada"), PoolHash.Of(settings, Request(("x-user", "ada")), Client));
        Assert.Equal(ByAddress, PoolHash.Of(settings, Request(("x-other", "ada")), Client));
        Assert.Equal(ByAddress, PoolHash.Of(settings, Request(("x-user", "")), Client));
    }

    [Theory]
    [InlineData("sid=abc", "abc")]
    [InlineData("a=1; sid=abc", "abc")]
    [InlineData("a=1;sid=abc ; b=2", "abc")]
    [InlineData("xsid=no; sidx=no; sid=abc; sid=later", "abc")]
    [InlineData("a=sid=no; sid=a=b", "a=b")]
    [InlineData("SID=abc", null)]
    [InlineData("sid", null)]
    [InlineData("sid=", null)]
    [InlineData(";; ;", null)]
    [InlineData("", null)]
    public void Of_ACookie_GoesByItsValue(string header, string? value) => Assert.Equal(
        value is null ? ByAddress : StableHash.Of(value), PoolHash.Of(new HashSettings { Cookie = "sid" }, Request(("Cookie", header)), Client));

    [Fact]
    public void Of_AnAddress_IsTheSameWhetherMappedOrNot()
    {
        Assert.Equal(ByAddress, PoolHash.Of(new HashSettings(), Request(), Client.MapToIPv6()));
        Assert.NotEqual(ByAddress, PoolHash.Of(new HashSettings(), Request(), IPAddress.Parse("192.0.2.8")));
        Assert.NotEqual(PoolHash.Of(new HashSettings(), Request(), IPAddress.Parse("2001:db8::1")), PoolHash.Of(new HashSettings(), Request(), IPAddress.Parse("2001:db8::2")));
        Assert.Equal(0UL, PoolHash.Of(new HashSettings(), Request(), client: null));
    }

    [Fact]
    public void Of_AnyOfThem_AllocatesNothing()
    {
        var request = Request(("Cookie", "a=1; sid=abc"), ("X-User", "ada"));
        HashSettings[] all = [new(), new() { Header = "X-User" }, new() { Cookie = "sid" }];
        Assert.Equal(0, Allocated.Least(() =>
        {
            foreach (var settings in all) PoolHash.Of(settings, request, Client);
        }));
    }

    private static HttpRequest Request(params (string Name, string Value)[] headers)
    {
        var http = new DefaultHttpContext();
        foreach (var (name, value) in headers) http.Request.Headers[name] = value;
        return http.Request;
    }
}
