using Microsoft.AspNetCore.Http;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Routes;

/// <summary>Paths sent upstream and places redirected to, from templates; and changes to headers.</summary>
public sealed class TargetTests
{
    [Theory]
    [InlineData("/shop/", "/v2/", "/shop/cart/x", "/v2/cart/x")]
    [InlineData("/shop/", "/v2/", "/shop/", "/v2/")]
    [InlineData("/shop/", "/", "/shop/a%2Fb", "/a%2Fb")]
    [InlineData("/shop/", "/fixed", "/shop/a", "/fixed")]
    [InlineData("/users/{id}/orders", "/o/{id}", "/users/a%20b%3F%23/orders", "/o/a%20b%3F%23")]
    [InlineData("/users/{id}/", "/u-{id}/", "/users/7/x/y", "/u-7/x/y")]
    [InlineData("/f/{p...}", "/files/{p...}", "/f/a//b/", "/files/a//b/")]
    [InlineData("/f/{p...}", "/é x/{p}", "/f/a", "/%C3%A9%20x/a")]
    public void Rewrite_OfAPath_PutsInWhatWasSent(string pattern, string rewrite, string path, string expected)
    {
        var (compiled, problem) = PathRewrite.Parse(rewrite, PathPattern.Of(pattern));
        Assert.True(compiled is not null, problem);
        Assert.Equal(expected + "?q", compiled.Of(path, "?q"));
    }

    [Theory]
    [InlineData("v2")]
    [InlineData("/a?b")]
    [InlineData("/a#b")]
    [InlineData("/../a")]
    [InlineData("/{other}")]
    [InlineData("/{id")]
    [InlineData("/id}")]
    [InlineData("/a%2")]
    [InlineData("/a\\b")]
    [InlineData("/.{rest}")]
    [InlineData("/{rest}.json")]
    public void Rewrite_WithAFault_IsNotTaken(string rewrite) => Assert.Null(PathRewrite.Parse(rewrite, PathPattern.Of("/{id}/{rest...}")).Rewrite);

    [Theory]
    [InlineData("https://{host}{path}{query}", "/a%20b", "?x=1", "https://shop.example.com/a%20b?x=1")]
    [InlineData("{scheme}://www.{host}/new{path}", "/a", "", null)]
    [InlineData("https://new.example.com/{rest}", "/a/b", "", "https://new.example.com/a/b")]
    [InlineData("{path}", "//evil.example", "", "/evil.example")]
    [InlineData("/{rest}", "//evil.example", "", "/evil.example")]
    [InlineData("/{rest}", "///evil.example", "", "/evil.example")]
    [InlineData("/login?to={path}", "/a&admin=1+2;x", "", "/login?to=/a%26admin%3D1%2B2%3Bx")]
    [InlineData("https://x.example:8443/é{path}", "/a\"<b>", "", "https://x.example:8443/%C3%A9/a%22%3Cb%3E")]
    [InlineData("https://x.example{rest}", "/", "", null)]
    [InlineData("https://{rest}/", "/", "", null)]
    [InlineData("https://user@x.example/", "/", "", null)]
    [InlineData("{rest}", "/", "", null)]
    [InlineData("javascript:alert(1)", "/", "", null)]
    [InlineData("/a?b={query}", "/", "", null)]
    [InlineData("/a/{other}", "/", "", null)]
    [InlineData("https://", "/", "", null)]
    public void Redirect_ToATemplate_NeverLeadsToAnotherHost(string to, string path, string query, string? expected)
    {
        var (target, problem) = RedirectTarget.Parse(to, PathPattern.Of("/{rest...}"));
        Assert.Equal(expected is null, target is null);
        Assert.Equal(expected is null, problem.Length > 0);
        Assert.Equal(expected, target?.Of("https", "shop.example.com", path, query));
    }

    [Fact]
    public void Apply_ToFields_RenamesRemovesSetsAndAddsInThisOrder()
    {
        var changes = HeaderChanges.Of(new HeaderChangeSettings
        {
            Rename = new Dictionary<string, string> { ["x-old"] = "x-new", ["a"] = "b", ["b"] = "a" },
            Remove = ["x-gone"],
            Set = new Dictionary<string, Secret> { ["x-set"] = new("1") },
            Add = new Dictionary<string, Secret> { ["x-add"] = new("2") },
        })!;
        (string Name, string Value)[] given = [("X-Old", "o1"), ("x-old", "o2"), ("A", "was-a"), ("b", "was-b"), ("X-Gone", "x"), ("x-SET", "0"), ("X-SET", "00"), ("x-add", "1"), ("keep", "k")];
        var fields = given.Select(g => KeyValuePair.Create(g.Name, g.Value)).ToList();
        var header = new HeaderDictionary();
        foreach (var (name, value) in given) header.Append(name, value);

        changes.Apply(fields);
        changes.Apply(header);

        string[] expected = ["a: was-b", "b: was-a", "keep: k", "x-add: 1", "x-add: 2", "x-new: o1", "x-new: o2", "x-set: 1"];
        Assert.Equal(expected, fields.Select(f => $"{f.Key.ToLowerInvariant()}: {f.Value}").Order(StringComparer.Ordinal));
        Assert.Equal(expected, header.SelectMany(h => h.Value.Select(v => $"{h.Key.ToLowerInvariant()}: {v}")).Order(StringComparer.Ordinal));
        Assert.Null(HeaderChanges.Of(new HeaderChangeSettings()));
    }
}
