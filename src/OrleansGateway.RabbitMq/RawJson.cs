using System.Net.Mime;
using MassTransit;

namespace OrleansGateway.RabbitMq;

/// <summary>An event as it is sent: the same bytes that webhooks get.</summary>
internal sealed record RawEvent(byte[] Body);

/// <summary>Sends the bytes of an event as they are, without MassTransit's envelope: whoever reads them needs no MassTransit.</summary>
internal sealed class RawJson : ISerializerFactory, IMessageSerializer
{
    public ContentType ContentType { get; } = new("application/json");

    public IMessageSerializer CreateSerializer() => this;

    public IMessageDeserializer CreateDeserializer() => throw new NotSupportedException("Nothing is read by this bus.");

    public MessageBody GetMessageBody<T>(SendContext<T> context) where T : class => new BytesMessageBody(((RawEvent)(object)context.Message).Body);
}
