using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>Messages as their vendors' documentation has them.</summary>
public sealed class VendorShapeTests
{
    // github.com/fastly/fastly-js/blob/main/docs/PurgeApi.md (from developer.fastly.com/reference/api/purging), bulkPurgeTag: keys in the body, or in Surrogate-Key; "fastly_soft_purge".
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

    // techdocs.akamai.com/purge-cache/reference: "Invalidate by URL or ARL", "by cache tag", "by CP code".
    [Theory]
    [InlineData("""{"objects": ["https://foo1.bar.com/some/path", "http://foo2.bar.com/some/other/path"]}""", "url foo1.bar.com/some/path, url foo2.bar.com/some/other/path")]
    [InlineData("""{"hostname": "www.example.com", "objects": ["/graphics/picture.gif"]}""", "url www.example.com/graphics/picture.gif")]
    [InlineData("""{"objects": ["black-friday", "electronics"]}""", "tag black-friday, tag electronics")]
    [InlineData("""{"objects": [12345, 98765]}""", "refused bad_selector")]
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

    // github.com/cloudevents/spec: JSON event format 1.0.2 §3, AMQP binding §3.1 and §3.2, HTTP binding §3.1.
    [Theory]
    [InlineData("""{"specversion": "1.0", "type": "shop.product.changed", "source": "/shop", "id": "A1", "subject": "42", "data": {"id": 42}}""", "", "tag product-42, tag subject-42")]
    [InlineData("""{"specversion": "1.0", "type": "shop.product.changed", "source": "/shop", "id": "A1", "subject": "42", "data_base64": "eyJpZCI6NDJ9"}""", "", "tag product-42, tag subject-42")]
    [InlineData("""{"id": 42}""", "cloudEvents:specversion=1.0;cloudEvents:type=shop.product.changed;cloudEvents:source=/shop;cloudEvents:id=A1;cloudEvents:subject=42", "tag product-42, tag subject-42")]
    [InlineData("""{"id": 42}""", "cloudEvents_specversion=1.0;cloudEvents_type=shop.product.changed;cloudEvents_source=/shop;cloudEvents_id=A1;cloudEvents_subject=42", "tag product-42, tag subject-42")]
    [InlineData("""{"id": 42}""", "ce-specversion=1.0;ce-type=shop.product.changed;ce-source=/shop;ce-id=A1;ce-subject=42", "tag product-42, tag subject-42")]
    [InlineData("""{"specversion": "1.0", "type": "shop.order.placed", "source": "/shop", "id": "A1", "data": {}}""", "", "nothing")]
    [InlineData("""{"specversion": "0.3", "type": "t", "source": "/shop", "id": "A1"}""", "", "refused unknown_shape")]
    [InlineData("""{"specversion": "1.0", "type": "t", "source": "/shop"}""", "", "refused unknown_shape")]
    [InlineData("""{"id": 42}""", "", "refused unknown_shape")]
    [InlineData("[]", "content-type=application/cloudevents-batch+json", "refused unknown_shape")]
    public void CloudEvents(string body, string headers, string expected) => Assert.Equal(expected, Messages.Selected(
        Messages.Source(EventFormat.Cloudevents, new InvalidationRuleSettings { Types = ["shop.product.*"], Tags = ["product-{id}", "subject-{@subject}"] }), body, Headers(headers)));

    [Fact]
    public void CloudEvents_NameAnEventBySourceAndId()
    {
        var mapping = Messages.Map(Messages.Source(EventFormat.Cloudevents), """{"specversion": "1.0", "type": "t", "source": "/shop", "id": "A1", "time": "2026-04-05T17:31:00Z", "data": {"tags": ["a"]}}""");
        Assert.Equal("shop /shop A1", mapping.Request!.EventId);
        Assert.Equal(new DateTimeOffset(2026, 4, 5, 17, 31, 0, TimeSpan.Zero), mapping.Request.OccurredAt);
    }

    // debezium.io/documentation/reference/stable/connectors/postgresql.html: "Change event values"; r in "Snapshots", t in "truncate events".
    [Theory]
    [InlineData("""{"before": null, "after": {"id": 1, "category": 7}, "source": {"schema": "public", "table": "products"}, "op": "c", "ts_ms": 1559033904863}""", "tag category-7, tag product-1")]
    [InlineData("""{"before": {"id": 1, "category": 7}, "after": {"id": 1, "category": 8}, "source": {"schema": "public", "table": "products"}, "op": "u"}""", "tag category-7, tag category-8, tag product-1")]
    [InlineData("""{"before": {"id": 1, "category": 7}, "after": null, "source": {"schema": "public", "table": "products"}, "op": "d"}""", "tag category-7, tag product-1")]
    [InlineData("""{"before": null, "after": {"id": 1, "category": 7}, "source": {"schema": "public", "table": "products"}, "op": "r"}""", "nothing")]
    [InlineData("""{"source": {"schema": "public", "table": "products"}, "op": "t"}""", "tag products")]
    [InlineData("""{"source": {"schema": "", "table": ""}, "op": "m", "message": {"prefix": "foo", "content": "Ymfy"}}""", "nothing")]
    [InlineData("""{"schema": {"type": "struct"}, "payload": {"before": null, "after": {"id": 1, "category": 7}, "source": {"table": "products"}, "op": "c"}}""", "tag category-7, tag product-1")]
    [InlineData("""{"before": null, "after": {"id": 1}, "source": {"schema": "public", "table": "orders"}, "op": "c"}""", "nothing")]
    [InlineData("""{"before": null, "after": {"other": 1}, "source": {"schema": "public", "table": "products"}, "op": "c"}""", "refused no_value")]
    [InlineData("""{"id": 1}""", "refused unknown_shape")]
    [InlineData("", "nothing")]
    public void Debezium(string body, string expected) => Assert.Equal(expected, Messages.Selected(
        Messages.Source(EventFormat.Debezium, new InvalidationRuleSettings { Types = ["products"], Tags = ["product-{id}", "category-{category}"] }), body));

    // debezium.io/documentation/reference/stable/transformations/outbox-event-router.html: "Example outbox message", before and behind the router.
    [Theory]
    [InlineData("""{"before": null, "after": {"id": "406c07f3", "aggregateid": "1", "aggregatetype": "Order", "payload": "{\"id\": 1, \"customerId\": 123}", "type": "OrderCreated"}, "source": {"table": "outboxevent"}, "op": "c"}""", "")]
    [InlineData("""{"id": "406c07f3", "aggregateid": "1", "aggregatetype": "Order", "payload": {"customerId": 123}, "type": "OrderCreated"}""", "")]
    [InlineData("""{"eventType": "OrderCreated", "payload": "{\"id\": 1, \"customerId\": 123}"}""", "id=406c07f3;key=1")]
    [InlineData("""{"id": 1, "customerId": 123}""", "id=406c07f3;eventType=OrderCreated;key=1")]
    // Without table.expand.json.payload the payload is a text that holds JSON.
    [InlineData("""
        "{\"id\": 1, \"customerId\": 123}"
        """, "id=406c07f3;eventType=OrderCreated;key=1")]
    public void DebeziumOutbox(string body, string headers)
    {
        var source = Messages.Source(EventFormat.DebeziumOutbox, new InvalidationRuleSettings { Types = ["OrderCreated"], Tags = ["order-{@key}", "customer-{customerId}"] });
        Assert.Equal("tag customer-123, tag order-1", Messages.Selected(source, body, Headers(headers)));
        Assert.Equal("shop 406c07f3", Messages.Map(source, body, Headers(headers)).Request!.EventId);
    }

    [Fact]
    public void DebeziumOutbox_RowThatIsDeletedAfterwards_IsNothing() => Assert.Equal("nothing", Messages.Selected(
        Messages.Source(EventFormat.DebeziumOutbox), """{"before": {"id": "4"}, "after": null, "source": {"table": "outboxevent"}, "op": "d"}"""));

    // masstransit.io/documentation/configuration/serialization: "Message envelope".
    [Theory]
    [InlineData("Shop.Events:ProductChanged")]
    [InlineData("ProductChanged")]
    [InlineData("urn:message:Shop.Events:*")]
    public void MassTransit(string type)
    {
        var source = Messages.Source(EventFormat.Masstransit, new InvalidationRuleSettings { Types = [type], Tags = ["product-{productId}"] });
        const string Body = """{"messageId": "181c0000-6393-3630-36a4-08daf4e7c6da", "messageType": ["urn:message:Shop.Events:ProductChanged"], "message": {"productId": 42}, "sentTime": "2026-01-12T17:12:35Z"}""";
        Assert.Equal("tag product-42", Messages.Selected(source, Body));
        Assert.Equal("shop 181c0000-6393-3630-36a4-08daf4e7c6da", Messages.Map(source, Body).Request!.EventId);
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

    // docs.spring.io/spring-amqp/reference/amqp/message-converters.html: Jackson's converter names the class in __TypeId__.
    [Fact]
    public void Spring()
    {
        var source = Messages.Source(EventFormat.Spring, new InvalidationRuleSettings { Types = ["com.shop.ProductChanged"], Urls = ["shop.example/products/{id}"] });
        Assert.Equal("url shop.example/products/42", Messages.Selected(source, """{"id": 42}""", "__TypeId__=com.shop.ProductChanged"));
        Assert.Equal("refused unknown_shape", Messages.Selected(source, """{"id": 42}"""));
    }

    private static string Of(EventFormat format, string body, string headers = "") => Messages.Selected(Messages.Source(format), body, Headers(headers));

    private static string[] Headers(string headers) => headers.Split(';', StringSplitOptions.RemoveEmptyEntries);
}
