using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Invalidation;

public sealed class ClientUrlTests
{
    [Theory]
    [InlineData("https://Shop.Example/a", "shop.example/a")]
    [InlineData("http://shop.example:80/a", "shop.example/a")]
    [InlineData("//shop.example:443/a?B=C", "shop.example/a?B=C")]
    [InlineData("shop.example:8080/a", "shop.example:8080/a")]
    [InlineData("shop.example", "shop.example/")]
    [InlineData("shop.example?q", "shop.example/?q")]
    [InlineData("shop.example/a#part", "shop.example/a")]
    [InlineData("shop.example/%7Euser/%c3%a4", "shop.example/~user/%C3%A4")]
    [InlineData("shop.example/ä b", "shop.example/%C3%A4%20b")]
    [InlineData("shop.example/a%2Fb", "shop.example/a%2Fb")]
    [InlineData("shop.example/100%", "shop.example/100%")]
    [InlineData("shop.example/%2", "shop.example/%2")]
    [InlineData("[::1]:80/a", "[::1]/a")]
    [InlineData("bücher.example/a", "xn--bcher-kva.example/a")]
    public void Of_UrlOfAClient_IsWrittenOneWay(string url, string expected) => Assert.Equal(expected, ClientUrl.Of(url));

    [Theory]
    [InlineData("")] [InlineData("/a")] [InlineData("https:///a")] [InlineData("a b/c")] [InlineData("user@host/a")]
    public void Of_NoUrl_IsNothing(string url) => Assert.Null(ClientUrl.Of(url));

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void Of_WhatItHasWritten_IsTheSame(int seed)
    {
        var (random, letters) = (new Random(seed), "/%2faA0Zé?&=#.-~ \u0001\"💚");
        for (var i = 0; i < 5_000; i++)
        {
            var once = ClientUrl.Of("h/" + string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)])))!;
            Assert.Equal(once, ClientUrl.Of(once));
        }
    }
}
