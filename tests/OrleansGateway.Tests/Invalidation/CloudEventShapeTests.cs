using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>
/// CloudEvents as the specification has them, github.com/cloudevents/spec at v1.0.2: cloudevents/formats/json-format.md, cloudevents/bindings/amqp-protocol-binding.md and
/// cloudevents/bindings/http-protocol-binding.md.
/// </summary>
public sealed class CloudEventShapeTests
{
    private const string Attributes = """ "specversion": "1.0", "type": "shop.product.changed", "source": "/shop", "id": "A1", "subject": "42" """;
    private const string Both = "tag product-42, tag subject-42";

    private static readonly InvalidationSourceSettings s_shop = Messages.Source(
        EventFormat.Cloudevents, new InvalidationRuleSettings { Types = ["shop.product.*"], Tags = ["product-{id}", "subject-{@subject}"] });

    // JSON format §3.1.2: data is JSON unless datacontenttype says otherwise, and a text is a text; data_base64 is JSON only if it says so. §2.2: null is as good as missing.
    [Theory]
    [InlineData(""" "data": {"id": 42} """, Both)]
    [InlineData(""" "datacontenttype": null, "time": null, "data": {"id": 42} """, Both)]
    [InlineData(""" "datacontenttype": "application/json", "data": "{\"id\": 42}" """, "tag subject-42")]
    [InlineData(""" "datacontenttype": "application/xml", "data": "<id>42</id>" """, "tag subject-42")]
    [InlineData(""" "datacontenttype": "application/json; charset=utf-8", "data_base64": "eyJpZCI6NDJ9" """, Both)]
    [InlineData(""" "datacontenttype": "application/vnd.shop+json", "data_base64": "eyJpZCI6NDJ9" """, Both)]
    [InlineData(""" "data_base64": "eyJpZCI6NDJ9" """, "tag subject-42")]
    [InlineData(""" "datacontenttype": "application/vnd.apache.thrift.binary", "data_base64": "gAEAAQ==" """, "tag subject-42")]
    [InlineData(""" "comexampleextension1": "value" """, "tag subject-42")]
    public void Structured(string data, string expected) => Assert.Equal(expected, Messages.Selected(s_shop, $$"""{ {{Attributes}}, {{data}} }"""));

    // CloudEvents 1.0.2, "Required attributes"; JSON batch format §4, which the AMQP binding does not have.
    [Theory]
    [InlineData("""{"specversion": "1.0", "type": "shop.order.placed", "source": "/shop", "id": "A1", "data": {}}""", "", "nothing")]
    [InlineData("""{"specversion": "0.3", "type": "t", "source": "/shop", "id": "A1"}""", "", "refused unknown_shape")]
    [InlineData("""{"specversion": "1.0", "type": "t", "source": "/shop"}""", "", "refused unknown_shape")]
    [InlineData("""{"specversion": "1.0", "type": "t", "source": "", "id": "A1"}""", "", "refused unknown_shape")]
    [InlineData("""{"id": 42}""", "", "refused unknown_shape")]
    [InlineData("[]", "content-type=application/cloudevents-batch+json; charset=UTF-8", "refused unknown_shape")]
    [InlineData("Obj", "content-type=application/cloudevents+avro", "refused unreadable")]
    public void Others(string body, string headers, string expected) => Assert.Equal(expected, Messages.Selected(s_shop, body, headers.Length == 0 ? [] : [headers]));

    // AMQP §3.1.3.1: cloudEvents: or cloudEvents_ before the names; HTTP §3.1.3.1: ce-, in any case. Both: data that is no JSON is the body as it is.
    [Theory]
    [InlineData("cloudEvents:", "application/json; charset=utf-8", """{"id": 42}""", Both)]
    [InlineData("cloudEvents_", "application/json", """{"id": 42}""", Both)]
    [InlineData("ce-", "application/json", """{"id": 42}""", Both)]
    [InlineData("CE-", "application/vnd.shop+json", """{"id": 42}""", Both)]
    [InlineData("cloudEvents_", "", """{"id": 42}""", Both)]
    [InlineData("cloudEvents_", "application/vnd.apache.thrift.binary", "\u0001 no JSON", "tag subject-42")]
    [InlineData("ce-", "text/plain", "42", "tag subject-42")]
    [InlineData("ce-", "", "", "tag subject-42")]
    [InlineData("ce-", "application/json", "no JSON", "refused unreadable")]
    public void Binary(string prefix, string contentType, string body, string expected) => Assert.Equal(expected, Messages.Selected(
        s_shop, body, $"{prefix}specversion=1.0", $"{prefix}type=shop.product.changed", $"{prefix}source=/shop", $"{prefix}id=A1", $"{prefix}subject=42", "Content-Type=" + contentType));

    // AMQP §3 and §3.2.3, HTTP §3 and §3.2.3: the content type says which of the two it is, and a structured one may have the headers of a binary one too.
    [Theory]
    [InlineData("cloudEvents_")]
    [InlineData("ce-")]
    public void Structured_WithTheHeadersOfABinaryOne_IsReadFromItsBody(string prefix) => Assert.Equal(Both, Messages.Selected(
        s_shop, $$"""{ {{Attributes}}, "data": {"id": 42} }""", $"{prefix}specversion=1.0", $"{prefix}type=shop.product.changed", $"{prefix}source=/shop", $"{prefix}id=A1",
        "content-type=Application/CloudEvents+json; charset=UTF-8"));

    // HTTP §3.1.3.2: percent-encoded UTF-8, unescaped first if it is in quotes; what is no UTF-8 must be rejected, such as %C0%A0.
    [Theory]
    [InlineData("Euro%20%E2%82%AC%20%F0%9F%98%80", "tag subject-Euro € 😀")]
    [InlineData("a%2fb", "tag subject-a/b")]
    [InlineData("100%", "tag subject-100%")]
    [InlineData("%2542", "tag subject-%42")]
    [InlineData("\"a \\\"b\\\" %43\"", "tag subject-a \"b\" C")]
    [InlineData("%C0%A0", "refused unknown_shape")]
    [InlineData("%ED%A0%80", "refused unknown_shape")]
    public void Http_AttributesArePercentEncoded(string subject, string expected) => Assert.Equal(expected, Messages.Selected(
        Messages.Source(EventFormat.Cloudevents, new InvalidationRuleSettings { Tags = ["subject-{@subject}"] }), "", "ce-specversion=1.0", "ce-type=t", "ce-source=/shop", "ce-id=A1", "ce-subject=" + subject));

    // AMQP has no such encoding (§3.1.3.2).
    [Fact]
    public void Amqp_AttributesAreWhatTheyAre() => Assert.Equal("tag subject-%41", Messages.Selected(
        Messages.Source(EventFormat.Cloudevents, new InvalidationRuleSettings { Tags = ["subject-{@subject}"] }),
        "", "cloudEvents_specversion=1.0", "cloudEvents_type=t", "cloudEvents_source=/shop", "cloudEvents_id=A1", "cloudEvents_subject=%41"));

    [Fact]
    public void SourceAndIdNameAnEvent()
    {
        var mapping = Messages.Map(Messages.Source(EventFormat.Cloudevents), """{"specversion": "1.0", "type": "t", "source": "/shop", "id": "A1", "time": "2026-04-05T17:31:00Z", "data": {"tags": ["a"]}}""");
        Assert.Equal("shop /shop A1", mapping.Request!.EventId);
        Assert.Equal(new DateTimeOffset(2026, 4, 5, 17, 31, 0, TimeSpan.Zero), mapping.Request.OccurredAt);
    }
}
