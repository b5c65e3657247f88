using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>Messages as their vendors' documentation has them.</summary>
public sealed class VendorShapeTests
{
    // www.fastly.com/documentation/reference/api/purging, "Purge multiple surrogate key tags" (also github.com/fastly/fastly-js/blob/main/docs/PurgeApi.md, bulkPurgeTag): keys in the body,
    // or in Surrogate-Key with spaces between; Fastly-Soft-Purge, a number.
    [Theory]
    [InlineData("""{"surrogate_keys": ["key_1", "key_2"]}""", "", "tag key_1, tag key_2")]
    [InlineData("""{"surrogate_keys": ["key_1"]}""", "fastly-soft-purge=1", "tag key_1 (soft)")]
    [InlineData("", "Surrogate-Key=key_1 key_2 key_3", "tag key_1, tag key_2, tag key_3")]
    [InlineData("{}", "", "refused unknown_shape")]
    public void Fastly(string body, string header, string expected) => Assert.Equal(expected, Of(EventFormat.Fastly, body, header));

    // developers.cloudflare.com/api/resources/cache/methods/purge
    [Theory]
    [InlineData("""{"files": ["http://www.example.com/css/styles.css", "http://www.example.com/js/index.js"]}""", "url www.example.com/css/styles.css, url www.example.com/js/index.js")]
    [InlineData("""{"files": [{"url": "http://www.example.com/cat_picture.jpg", "headers": {"CF-IPCountry": "US"}}]}""", "url www.example.com/cat_picture.jpg")]
    [InlineData("""{"tags": ["a-cache-tag", "another-cache-tag"]}""", "tag a-cache-tag, tag another-cache-tag")]
    [InlineData("""{"hosts": ["www.example.com", "images.example.com"]}""", "host images.example.com, host www.example.com")]
    [InlineData("""{"prefixes": ["www.example.com/foo", "images.example.com/bar/baz"]}""", "prefix images.example.com/bar/baz, prefix www.example.com/foo")]
    [InlineData("""{"purge_everything": true}""", "all")]
    [InlineData("""{"purge_everything": false}""", "refused unknown_shape")]
    public void Cloudflare(string body, string expected) => Assert.Equal(expected, Of(EventFormat.Cloudflare, body));

    // techdocs.akamai.com/purge-cache/reference: "Invalidate by URL or ARL", "by cache tag", "by CP code"; the schemas are github.com/akamai/akamai-apis, apis/ccu/v3/schemas/post-url.yaml,
    // UrlRequestWithHostname.yaml, post-tag.yaml and post-cpcode.yaml (integers). A URL is purged for http and https.
    [Theory]
    [InlineData("""{"objects": ["https://foo1.bar.com/some/path", "http://foo2.bar.com/some/other/path"]}""", "url foo1.bar.com/some/path, url foo2.bar.com/some/other/path")]
    [InlineData("""{"hostname": "origin.qux.com", "objects": ["/some/path/object1", "/some/other/path/object2"]}""", "url origin.qux.com/some/other/path/object2, url origin.qux.com/some/path/object1")]
    [InlineData("""{"objects": ["black-friday", "electronics"]}""", "tag black-friday, tag electronics")]
    [InlineData("""{"objects": [12345, 98765]}""", "refused bad_selector")]
    [InlineData("""{"hostname": "origin.qux.com"}""", "refused unknown_shape")]
    public void Akamai(string body, string expected) => Assert.Equal(expected, Of(EventFormat.Akamai, body));

    // cloud.google.com/sdk/gcloud/reference/compute/url-maps/invalidate-cdn-cache: a path is compared with nothing behind the "?"; one that ends with "*" is a prefix.
    // cloud.google.com/media-cdn/docs/reference/rest/v1/projects.locations.edgeCacheServices/invalidateCache: tags are OR, host and path AND with them.
    [Theory]
    [InlineData("""{"host": "video.example.com"}""", "host video.example.com")]
    [InlineData("""{"host": "video.example.com", "path": "/videos/hls/139123.mp4"}""", "prefix video.example.com/videos/hls/139123.mp4?, url video.example.com/videos/hls/139123.mp4")]
    [InlineData("""{"host": "video.example.com", "path": "/manifests/*"}""", "prefix video.example.com/manifests/")]
    [InlineData("""{"host": "video.example.com", "cacheTags": ["tag1", "tag2"]}""", "tag tag1, tag tag2")]
    [InlineData("""{"host": "*.example.com"}""", "refused bad_selector")]
    [InlineData("""{"path": "/a"}""", "refused bad_selector")]
    public void Google(string body, string expected) => Assert.Equal(expected, Of(EventFormat.Google, body));

    // masstransit.io/documentation/configuration/serialization: "Message Types" (a class within another has a +; an own URN needs no urn:message:) and "Message Envelope".
    [Theory]
    [InlineData("urn:message:Shop.Events:ProductChanged", "Shop.Events:ProductChanged")]
    [InlineData("urn:message:Shop.Events:ProductChanged", "ProductChanged")]
    [InlineData("urn:message:Shop.Events:ProductChanged", "urn:message:Shop.Events:*")]
    [InlineData("urn:message:Shop.Events:Products+Changed", "Shop.Events:Products+Changed")]
    [InlineData("urn:message:Shop.Events:Products+Changed", "Changed")]
    [InlineData("urn:message:product-changed", "product-changed")]
    [InlineData("scheme:product-changed", "scheme:product-changed")]
    public void MassTransit(string urn, string type)
    {
        var source = Messages.Source(EventFormat.Masstransit, new InvalidationRuleSettings { Types = [type], Tags = ["product-{productId}"] });
        var body = $$"""
            {"messageId": "181c0000-6393-3630-36a4-08daf4e7c6da", "correlationId": null, "messageType": ["{{urn}}"], "message": {"productId": 42}, "expirationTime": null,
            "sentTime": "2023-01-12T21:55:53.715882Z", "headers": {"Application-Header": "SomeValue"} }
            """;
        Assert.Equal("tag product-42", Messages.Selected(source, body));
        var request = Messages.Map(source, body).Request!;
        Assert.Equal("shop 181c0000-6393-3630-36a4-08daf4e7c6da", request.EventId);
        Assert.Equal(new DateTimeOffset(2023, 1, 12, 21, 55, 53, TimeSpan.Zero).AddMicroseconds(715882), request.OccurredAt);
        // "Raw JSON" has no envelope.
        Assert.Equal("refused unknown_shape", Messages.Selected(source, """{"productId": 42}"""));
    }

    // docs.particular.net/nservicebus/messaging/headers: "NServiceBus.EnclosedMessageTypes", "NServiceBus.MessageId", "NServiceBus.TimeSent".
    [Fact]
    public void NServiceBus()
    {
        var source = Messages.Source(EventFormat.Nservicebus, new InvalidationRuleSettings { Types = ["ProductChanged"], Tags = ["product-{Id}"] });
        string[] headers = ["NServiceBus.EnclosedMessageTypes=Shop.ProductChanged, Shop, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null;Shop.IChanged, Shop", "NServiceBus.MessageId=m1", "NServiceBus.TimeSent=2026-01-20 05:50:12:123456 Z"];
        Assert.Equal("tag product-42", Messages.Selected(source, """{"Id": 42}""", headers));
        Assert.Equal("shop m1", Messages.Map(source, """{"Id": 42}""", headers).Request!.EventId);
        Assert.Equal(12, Messages.Map(source, """{"Id": 42}""", headers).Request!.OccurredAt!.Value.Second);
        Assert.Equal("refused unknown_shape", Messages.Selected(source, """{"Id": 42}"""));
    }

    // github.com/Particular/NServiceBus.RabbitMQ, MessageConverter.RetrieveHeaders: a native message names its type by its full name in the property type, and itself in message-id.
    [Fact]
    public void NServiceBus_OfANativeSender()
    {
        var source = Messages.Source(EventFormat.Nservicebus, new InvalidationRuleSettings { Types = ["Shop.ProductChanged"], Tags = ["product-{Id}"] });
        Assert.Equal("tag product-42", Messages.Selected(source, """{"Id": 42}""", "type=Shop.ProductChanged", "message-id=m1"));
        Assert.Equal("shop m1", Messages.Map(source, """{"Id": 42}""", "type=Shop.ProductChanged", "message-id=m1").Request!.EventId);
        Assert.Equal("nothing", Messages.Selected(source, """{"Id": 42}""", "type=Shop.ProductChanged", "NServiceBus.EnclosedMessageTypes=Shop.OrderPlaced, Shop"));
    }

    // docs.spring.io/spring-amqp/reference/amqp/message-converters.html: Jackson's converter names the class in __TypeId__.
    [Fact]
    public void Spring()
    {
        var source = Messages.Source(EventFormat.Spring, new InvalidationRuleSettings { Types = ["com.shop.ProductChanged"], Urls = ["shop.example/products/{id}"] });
        Assert.Equal("url shop.example/products/42", Messages.Selected(source, """{"id": 42}""", "__TypeId__=com.shop.ProductChanged"));
        // DefaultJacksonJavaTypeMapper.fromJavaType: a list has its own class there, and that of its elements in __ContentTypeId__.
        var lists = Messages.Source(EventFormat.Spring, new InvalidationRuleSettings { Types = ["ProductChanged"], Tags = ["product-{[*].id}"] });
        Assert.Equal("tag product-1, tag product-2", Messages.Selected(
            lists, """[{"id": 1}, {"id": 2}]""", "__TypeId__=java.util.ArrayList", "__ContentTypeId__=com.shop.ProductChanged"));
        Assert.Equal("refused unknown_shape", Messages.Selected(source, """{"id": 42}"""));
    }

    private static string Of(EventFormat format, string body, string headers = "") => Messages.Selected(Messages.Source(format), body, Headers(headers));

    private static string[] Headers(string headers) => headers.Split(';', StringSplitOptions.RemoveEmptyEntries);
}
