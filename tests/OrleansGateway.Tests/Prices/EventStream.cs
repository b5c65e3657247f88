using System.Buffers.Binary;
using System.Text.Json;

namespace OrleansGateway.Tests.Prices;

/// <summary>The messages of <c>application/vnd.amazon.eventstream</c>, as recorded from Bedrock.</summary>
internal static class EventStream
{
    private const int PreludeBytes = 12;
    private const int ChecksumBytes = 4;

    /// <summary>The JSON of each message, under the name of its event as in Converse's own reference: the recordings have only what is in it.</summary>
    public static IEnumerable<JsonElement> Read(byte[] stream)
    {
        for (var at = 0; at < stream.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(stream.AsSpan(at));
            var headers = BinaryPrimitives.ReadInt32BigEndian(stream.AsSpan(at + 4));
            var payload = stream.AsSpan(at + PreludeBytes + headers, length - PreludeBytes - headers - ChecksumBytes);
            yield return JsonElement.Parse(payload);
            at += length;
        }
    }
}
