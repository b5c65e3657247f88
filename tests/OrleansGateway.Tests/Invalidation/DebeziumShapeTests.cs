using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>Debezium's messages as debezium.io/documentation/reference/stable has them.</summary>
public sealed class DebeziumShapeTests
{
    private static readonly InvalidationSourceSettings s_products = Messages.Source(
        EventFormat.Debezium, new InvalidationRuleSettings { Types = ["products"], Tags = ["product-{id}", "category-{category}"] });

    private static readonly InvalidationSourceSettings s_outbox = Messages.Source(
        EventFormat.DebeziumOutbox, new InvalidationRuleSettings { Types = ["OrderCreated"], Tags = ["order-{@key}", "customer-{customerId}"] });

    // connectors/postgresql.html: "Change event values", op c, u, d, r, t and m; the schema around it if the converter writes it.
    [Theory]
    [InlineData("""{"before": null, "after": {"id": 1, "category": 7}, "source": {"schema": "public", "table": "products"}, "op": "c", "ts_ms": 1559033904863}""", "tag category-7, tag product-1")]
    [InlineData("""{"before": {"id": 1, "category": 7}, "after": {"id": 1, "category": 8}, "source": {"schema": "public", "table": "products"}, "op": "u"}""", "tag category-7, tag category-8, tag product-1")]
    [InlineData("""{"before": {"id": 1, "category": 7}, "after": null, "source": {"schema": "public", "table": "products"}, "op": "d"}""", "tag category-7, tag product-1")]
    [InlineData("""{"before": null, "after": {"id": 1, "category": 7}, "source": {"schema": "public", "table": "products"}, "op": "r"}""", "nothing")]
    [InlineData("""{"source": {"schema": "public", "table": "products"}, "op": "t", "ts_ms": 1559033904961}""", "tag products")]
    [InlineData("""{"source": {"schema": "", "table": ""}, "op": "m", "message": {"prefix": "foo", "content": "Ymfy"}}""", "nothing")]
    [InlineData("""{"schema": {"type": "struct"}, "payload": {"before": null, "after": {"id": 1, "category": 7}, "source": {"table": "products"}, "op": "c"}}""", "tag category-7, tag product-1")]
    [InlineData("""{"before": null, "after": {"id": 1}, "source": {"schema": "public", "table": "orders"}, "op": "c"}""", "nothing")]
    [InlineData("""{"before": null, "after": {"other": 1}, "source": {"schema": "public", "table": "products"}, "op": "c"}""", "refused no_value")]
    [InlineData("""{"id": 1}""", "refused unknown_shape")]
    public void Changes(string body, string expected) => Assert.Equal(expected, Messages.Selected(s_products, body));

    // connectors/postgresql.html: "heartbeat.interval.ms" and "Transaction metadata". connectors/mysql.html, "Schema change topic", is no change of a row that we could name.
    [Theory]
    [InlineData("""{"ts_ms": 1559033904863}""", "nothing")]
    [InlineData("""{"schema": {"type": "struct"}, "payload": {"ts_ms": 1559033904863}}""", "nothing")]
    [InlineData("""{"status": "BEGIN", "id": "571:53195829", "ts_ms": 1486500577125, "event_count": null, "data_collections": null}""", "nothing")]
    [InlineData("""{"status": "END", "id": "571:53195832", "ts_ms": 1486500577691, "event_count": 2, "data_collections": [{"data_collection": "s1.a", "event_count": 2}]}""", "nothing")]
    [InlineData("""{"source": {"db": "inventory", "table": "customers"}, "ts_ms": 1465581902461, "ddl": "ALTER TABLE customers ADD x INT", "tableChanges": []}""", "refused unknown_shape")]
    public void OthersThanChanges(string body, string expected) => Assert.Equal(expected, Messages.Selected(s_products, body));

    // operations/debezium-server.html: RabbitMQ has no empty messages, so a tombstone is debezium.sink.rabbitmq.null.value, which is "default" by default.
    [Theory]
    [InlineData("", EventFormat.Debezium)]
    [InlineData("null", EventFormat.Debezium)]
    [InlineData("default", EventFormat.Debezium)]
    [InlineData("default", EventFormat.DebeziumOutbox)]
    public void Tombstones_AreNothing(string body, EventFormat format) => Assert.Equal("nothing", Messages.Selected(Messages.Source(format), body));

    // connectors/mongodb.html: before and after are texts that hold JSON; the table is called collection, and is in db.
    [Fact]
    public void MongoDb()
    {
        var source = Messages.Source(EventFormat.Debezium, new InvalidationRuleSettings { Types = ["inventory.customers"], Tags = ["customer-{_id.$numberLong}", "mail-{email}"] });
        Assert.Equal("tag customer-1004, tag mail-annek@noanswer.org", Messages.Selected(
            source, """{"after": "{\"_id\": {\"$numberLong\": \"1004\"}, \"email\": \"annek@noanswer.org\"}", "source": {"db": "inventory", "collection": "customers"}, "op": "c"}"""));
    }

    // connectors/postgresql.html: source.ts_ms is when the database made the change, and ts_ms when the connector saw it.
    [Theory]
    [InlineData("""{"after": {"id": 1}, "source": {"table": "products", "ts_ms": 1559033904863}, "op": "c", "ts_ms": 1559033999999}""")]
    [InlineData("""{"after": {"id": 1}, "source": {"table": "products"}, "op": "c", "ts_ms": 1559033904863}""")]
    public void TimeIsThatOfTheChange(string body) => Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1559033904863), Messages.Map(s_products, body).Request!.OccurredAt);

    // transformations/outbox-event-router.html: "Example outbox message", before and behind the router; "Emitting additional fields", in the envelope under any name, or in a header.
    [Theory]
    [InlineData("""{"before": null, "after": {"id": "406c07f3", "aggregateid": "1", "aggregatetype": "Order", "payload": "{\"id\": 1, \"customerId\": 123}", "type": "OrderCreated"}, "source": {"table": "outboxevent"}, "op": "c"}""", "")]
    [InlineData("""{"id": "406c07f3", "aggregateid": "1", "aggregatetype": "Order", "payload": {"customerId": 123}, "type": "OrderCreated"}""", "")]
    [InlineData("""{"eventType": "OrderCreated", "payload": "{\"id\": 1, \"customerId\": 123}"}""", "id=406c07f3|key=1")]
    [InlineData("""{"type": "OrderCreated", "payload": "{\"id\": 1, \"customerId\": 123}"}""", "id=406c07f3|key=1")]
    [InlineData("""{"type": "OrderCreated", "aggregatetype": "Order", "aggregateid": "1", "payload": {"customerId": 123}}""", "id=406c07f3")]
    [InlineData("""{"id": 1, "customerId": 123}""", "id=406c07f3|eventType=OrderCreated|key=1")]
    [InlineData("""{"id": 1, "customerId": 123}""", "id=406c07f3|type=OrderCreated|aggregateid=1")]
    // "Expanding escaped JSON String as JSON": without table.expand.json.payload the payload is a text that holds JSON, here without and with its schema.
    [InlineData("\"{\\\"id\\\": 1, \\\"customerId\\\": 123}\"", "id=406c07f3|eventType=OrderCreated|key=1")]
    [InlineData("""{"schema": {"type": "string"}, "payload": "{\"id\": 1, \"customerId\": 123}"}""", "id=406c07f3|eventType=OrderCreated|key=1")]
    // operations/debezium-server.html, "debezium.format.header": json by default, with its schema unless debezium.format.header.schemas.enable is false.
    [InlineData("""{"customerId": 123}""", """id={"schema":{"type":"string","optional":false},"payload":"406c07f3"}|eventType={"schema":{"type":"string"},"payload":"OrderCreated"}|key="1" """)]
    [InlineData("""{"customerId": 123}""", """id="406c07f3"|type="OrderCreated"|key=1""")]
    public void Outbox(string body, string headers)
    {
        var parts = headers.Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal("tag customer-123, tag order-1", Messages.Selected(s_outbox, body, parts));
        Assert.Equal("shop 406c07f3", Messages.Map(s_outbox, body, parts).Request!.EventId);
    }

    [Fact]
    public void Outbox_RowThatIsDeletedAfterwards_IsNothing() => Assert.Equal("nothing", Messages.Selected(
        Messages.Source(EventFormat.DebeziumOutbox), """{"before": {"id": "4"}, "after": null, "source": {"table": "outboxevent"}, "op": "d"}"""));
}
