using System.Text;
using OrleansGateway.Configuration;
using OrleansGateway.Invalidation.Messages;

namespace OrleansGateway.Tests.Invalidation;

public sealed class EventMapperTests
{
    private static readonly InvalidationSourceSettings s_plain = Messages.Source(EventFormat.Plain);

    [Theory]
    [InlineData("""{"tags": ["/books/1", "a b"], "mode": "soft"}""", "tag /books/1, tag a b (soft)")]
    [InlineData("""{"urls": ["https://Shop.example/a"], "prefixes": ["shop.example/b/"], "hosts": ["SHOP.example"]}""", "host shop.example, prefix shop.example/b/, url shop.example/a")]
    [InlineData("""{"prefix": "shop.example/b/"}""", "prefix shop.example/b/")]
    [InlineData("""{"groups": ["https://shop.example cart"]}""", "group https://shop.example cart")]
    [InlineData("""{"all": true, "tenant": "acme", "version": 7, "occurredAt": "2026-01-01T00:00:00Z"}""", "all")]
    [InlineData("""{"all": false}""", "refused unknown_shape")]
    [InlineData("""{}""", "refused unknown_shape")]
    [InlineData("[]", "refused unknown_shape")]
    [InlineData("""{"tags": "a"}""", "refused bad_selector")]
    [InlineData("""{"tags": [""]}""", "refused bad_selector")]
    [InlineData("""{"tags": ["a", 1]}""", "refused bad_selector")]
    [InlineData("""{"urls": ["/a"]}""", "refused bad_selector")]
    [InlineData("""{"tags": ["a"], "mode": "gentle"}""", "refused bad_selector")]
    [InlineData("""{"tags": ["a"], "tags": ["b"]}""", "refused unreadable")]
    [InlineData("""{"tags": ["a"]""", "refused unreadable")]
    [InlineData("""{"tags": ["\ud800"]}""", "refused unreadable")]
    [InlineData("""{"tags": ["a"], "tenant": "other"}""", "refused tenant_not_allowed")]
    public void Map_OfPlainMessages_IsWhatTheySay(string body, string expected) => Assert.Equal(expected, Messages.Selected(s_plain, body));

    [Theory]
    [InlineData("acme", null, "acme")]
    [InlineData("acme", "acme", "acme")]
    [InlineData("acme", "*", "tenant_not_allowed")]
    [InlineData("acme,beta", null, "no_tenant")]
    [InlineData("acme,beta", "beta", "beta")]
    [InlineData("shop-*", "shop-1", "shop-1")]
    [InlineData("shop-*", "acme", "tenant_not_allowed")]
    [InlineData("shop-*", null, "no_tenant")]
    [InlineData("*", null, "*")]
    [InlineData("*", "acme", "acme")]
    public void Map_ReachesTheTenantsOfTheSourceOnly(string tenants, string? named, string expected)
    {
        var mapping = Messages.Map(s_plain with { Tenants = tenants.Split(',') }, named is null ? """{"tags": ["a"]}""" : $$"""{"tags": ["a"], "tenant": "{{named}}"}""");
        Assert.Equal(expected, mapping.Rejected?.Code ?? mapping.Request!.Tenant);
    }

    [Theory]
    [InlineData("""{"org": {"id": "beta"}, "tags": ["a"]}""", "beta")]
    [InlineData("""{"tags": ["a"], "tenant": "beta"}""", "no_tenant")]
    [InlineData("""{"org": {"id": "gamma"}, "tags": ["a"]}""", "tenant_not_allowed")]
    public void Map_WithATemplateForTheTenant_GoesByIt(string body, string expected)
    {
        var mapping = Messages.Map(s_plain with { Tenants = ["acme", "beta"], Tenant = "{org.id}" }, body);
        Assert.Equal(expected, mapping.Rejected?.Code ?? mapping.Request!.Tenant);
    }

    [Fact]
    public void Map_OfPlainMessagesByRules_GoesByRulesOnly()
    {
        var source = Messages.Source(EventFormat.Plain,
            new InvalidationRuleSettings { Types = ["product.*"], Tags = ["product-{product.id}", "cat-{product.categories[*].id}"], Urls = ["{@header:host}/products/{product.slug}"] },
            new InvalidationRuleSettings { Types = ["catalog.replaced"], All = true, Mode = PurgeMode.Soft });
        Assert.Equal("tag cat-1, tag cat-2, tag product-9, url shop.example/products/x%20y", Messages.Selected(
            source, """{"type": "product.changed", "tags": 5, "product": {"id": 9, "slug": "x y", "categories": [{"id": 1}, {"id": 2}, {}]}}""", "host=shop.example"));
        Assert.Equal("all (soft)", Messages.Selected(source, """{"type": "catalog.replaced"}"""));
        Assert.Equal("nothing", Messages.Selected(source, """{"type": "order.placed"}"""));
        Assert.Equal("refused no_value", Messages.Selected(source, """{"type": "product.changed"}"""));
    }

    [Fact]
    public void Map_OfTooMuch_IsRefused()
    {
        Assert.Equal("refused too_large", Messages.Selected(s_plain, new string(' ', EventMapper.BytesMax) + "{}"));
        Assert.Equal("refused unreadable", Messages.Selected(s_plain, new string('[', 33) + new string(']', 33)));
        Assert.Equal("refused bad_selector", Messages.Selected(s_plain, $$"""{"tags": [{{string.Join(",", Enumerable.Range(0, 1_001).Select(i => $"\"{i}\""))}}]}"""));
        Assert.StartsWith("tag 0", Messages.Selected(s_plain, $$"""{"tags": [{{string.Join(",", Enumerable.Range(0, 1_000).Select(i => $"\"{i}\""))}}]}"""), StringComparison.Ordinal);
        var rules = Messages.Source(EventFormat.Plain, new InvalidationRuleSettings { Tags = ["{a[*]}-{a[*]}"] });
        Assert.Equal("refused bad_selector", Messages.Selected(rules, $$"""{"a": [{{string.Join(",", Enumerable.Range(0, 900))}}]}"""));
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void Map_OfAnything_AnswersAndNeverThrows(int seed)
    {
        var random = new Random(seed);
        string[] bodies =
        [
            """{"specversion":"1.0","id":"1","source":"s","type":"t","data":{"tags":["a"]}}""", """{"before":{"id":1},"after":{"id":2},"source":{"table":"t"},"op":"u","ts_ms":1}""",
            """{"messageId":"1","messageType":["urn:message:A:B"],"message":{"id":1}}""", """{"tags":["a"],"urls":["h/a"],"mode":"soft","occurred_at":"2026-01-01"}""",
        ];
        for (var i = 0; i < 4_000; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(bodies[random.Next(bodies.Length)]);
            for (var changes = random.Next(4); changes > 0; changes--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var format = (EventFormat)random.Next(11);
            var source = new EventSource("s", Messages.Source(format, random.Next(2) == 0 ? [] : [new InvalidationRuleSettings { Tags = ["x-{id}"] }]));
            var mapping = EventMapper.Map(source, MessageHeaders.None, bytes.AsMemory(0, random.Next(3) == 0 ? random.Next(bytes.Length) : bytes.Length));
            Assert.True(mapping.Request is { Tenant: "acme", Selectors.Count: > 0 } ^ mapping.Nothing is not null ^ mapping.Rejected is not null);
        }
    }

    [Theory]
    [InlineData("{a")] [InlineData("a}")] [InlineData("{}")] [InlineData("{a..b}")] [InlineData("{a.}")] [InlineData("{a[x]}")] [InlineData("{@nothing}")] [InlineData("{@header:}")] [InlineData("{a.[0]}")]
    public void Template_ThatCannotBeRead_SaysWhy(string text) => Assert.NotNull(EventTemplate.Parse(text).Fault);

    [Theory]
    [InlineData("{a.b}", "1")] [InlineData("{$.a.b}", "1")] [InlineData("{l[0]}-{l[*]}", "x-x|x-y")] [InlineData("{{{a.b}}}", "{1}")] [InlineData("""{["c.d"]}""", "true")] [InlineData("{missing}-x", "")] [InlineData("{n}", "")] [InlineData("plain", "plain")]
    public void Template_Expanded_IsWhatTheMessageCarries(string text, string expected)
    {
        using var document = System.Text.Json.JsonDocument.Parse("""{"a": {"b": 1}, "l": ["x", "y"], "c.d": true, "n": null}""");
        Assert.Equal(expected, string.Join("|", EventTemplate.Parse(text).Template!.Expand(document.RootElement, static _ => null, 10)));
    }
}
