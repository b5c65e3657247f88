using Microsoft.AspNetCore.Http;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Routes;

/// <summary>Of the routes that match, the most particular one takes a request, in an order that can be told from the file.</summary>
public sealed class RouteTableTests
{
    private static readonly RouteTable Table = new(
    [
        At("all", "/"), At("shop", "/shop/"), At("shop-exact", "/shop"), At("shop-root", "/shop/{$}"), At("cart", "/shop/cart"), At("item", "/shop/{item}"),
        At("orders", "/users/{id}/orders"), At("user-any", "/users/{id}/{what}"), At("me", "/users/me/{rest...}"), At("umlaut", "/café/"),
        At("host", "/", hosts: ["shop.example.com"]), At("wild", "/", hosts: ["*.example.com"]), At("wilder", "/", hosts: ["*.a.example.com"]),
        At("idn", "/", hosts: ["BÜCHER.example."]), At("six", "/", hosts: ["[::1]"]),
        At("get", "/m", new() { Methods = ["GET"] }), At("any", "/m"),
        At("beta", "/h", new() { Headers = Map("x-beta", "yes") }), At("some", "/h", new() { Headers = Map("x-beta", "*") }), At("none", "/h"),
        At("v2", "/q", new() { Query = Map("v", "2") }), At("v", "/q", new() { Query = Map("v", "*") }),
        At("post", "/p", new() { Methods = ["POST"] }), At("put", "/p", new() { Methods = ["PUT", "DELETE"] }),
    ]);

    [Theory]
    [InlineData("GET x /", "all")]
    [InlineData("GET x /shop", "shop-exact")]
    [InlineData("GET x /shop/", "shop-root")]
    [InlineData("GET x /shop/cart", "cart")]
    [InlineData("GET x /shop/cart/", "shop")]
    [InlineData("GET x /shop/other", "item")]
    [InlineData("GET x /shop/other/more", "shop")]
    [InlineData("GET x /Shop/cart", "all")]
    [InlineData("GET x /users/7/orders", "orders")]
    [InlineData("GET x /users/7/x", "user-any")]
    [InlineData("GET x /users/me/orders", "me")]
    [InlineData("GET x /users/me/", "me")]
    [InlineData("GET x /users//orders", "all")]
    [InlineData("GET x /café/x", "umlaut")]
    [InlineData("GET shop.example.com /shop/cart", "host")]
    [InlineData("GET SHOP.Example.COM.:8080 /", "host")]
    [InlineData("GET other.example.com:1 /", "wild")]
    [InlineData("GET b.a.example.com /", "wilder")]
    [InlineData("GET a.example.com /", "wild")]
    [InlineData("GET example.com /", "all")]
    [InlineData("GET .example.com /", "all")]
    [InlineData("GET xn--bcher-kva.example /", "idn")]
    [InlineData("GET [::1]:8080 /", "six")]
    [InlineData("GET x /m", "get")]
    [InlineData("HEAD x /m", "get")]
    [InlineData("POST x /m", "any")]
    [InlineData("get x /m", "any")]
    [InlineData("GET x /h", "none")]
    [InlineData("GET x /h|x-beta:yes", "beta")]
    [InlineData("GET x /h|x-beta:no", "some")]
    [InlineData("GET x /q?v=2", "v2")]
    [InlineData("GET x /q?a=b&v=3", "v")]
    [InlineData("GET x /q?%76=%32", "v2")]
    [InlineData("GET x /q?V=2", "all")]
    public void Find_OfARequest_GivesTheMostParticularRoute(string request, string route) => Assert.Equal(route, Table.Find(Of(request))?.Id);

    [Fact]
    public void MethodsAllowed_WhenOnlyTheMethodIsWrong_AreThoseOfAllRoutesThere()
    {
        var table = new RouteTable([At("post", "/p", new() { Methods = ["POST"] }), At("put", "/p", new() { Methods = ["PUT", "GET"] }), At("q", "/p", new() { Methods = ["LINK"], Query = Map("a", "b") })]);
        Assert.Null(table.Find(Of("DELETE x /p")));
        Assert.Equal(["GET", "HEAD", "POST", "PUT"], table.MethodsAllowed(Of("DELETE x /p")));
        Assert.Empty(table.MethodsAllowed(Of("DELETE x /other")));
    }

    [Fact]
    public void Find_AmongTenThousandRoutes_AllocatesNothing()
    {
        var table = new RouteTable(Enumerable.Range(0, 10_000).Select(i => At($"r{i}", $"/t{i}/{{id}}/x", hosts: i % 2 == 0 ? ["h.example", "*.w.example"] : [])));
        var request = Of("GET a.w.example:80 /t4242/7/x");
        Assert.Equal("r4242", table.Find(request)?.Id);
        Assert.Equal(0, Allocated.Least(() => table.Find(request)));
    }

    internal static Route At(string id, string path, RouteMatchSettings? match = null, string[]? hosts = null) =>
        new(id, new RouteSettings { Path = path, Hosts = hosts ?? [], Match = match ?? new(), Respond = new() });

    /// <summary>A request written <c>METHOD host path?query|header:value</c>.</summary>
    internal static RouteRequest Of(string written)
    {
        var parts = written.Split('|');
        var words = parts[0].Split(' ', 3);
        var mark = words[2].IndexOf('?', StringComparison.Ordinal);
        var headers = new HeaderDictionary();
        foreach (var header in parts.Skip(1)) headers.Append(header.Split(':')[0], header.Split(':')[1]);
        return new RouteRequest
        {
            Method = words[0],
            Host = words[1],
            Path = mark < 0 ? words[2] : words[2][..mark],
            Query = mark < 0 ? "" : words[2][mark..],
            Headers = headers,
            ServesModels = (_, _) => true,
        };
    }

    private static Dictionary<string, string> Map(string name, string value) => new() { [name] = value };
}
