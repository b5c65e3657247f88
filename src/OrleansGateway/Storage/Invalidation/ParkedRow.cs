using System.Text.Json;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>A refused message as a row of either database. Properties are named as the columns that Dapper fills.</summary>
internal sealed record ParkedRow
{
    public const string Columns = "number, source, at, code, reason, headers, body_bytes AS BodyBytes";

    public long Number { get; init; }
    public string Source { get; init; } = "";
    public long At { get; init; }
    public string Code { get; init; } = "";
    public string Reason { get; init; } = "";
    public string Headers { get; init; } = "";
    public long BodyBytes { get; init; }
    public byte[] Body { get; init; } = [];

    public static ParkedRow Of(ParkedMessage message) => new()
    {
        Source = message.Source,
        At = message.At.ToUnixTimeMilliseconds(),
        Code = message.Code,
        Reason = message.Reason,
        Headers = JsonSerializer.Serialize(message.Headers, ParkedJson.Default.IReadOnlyDictionaryStringString),
        BodyBytes = message.BodyBytes,
        Body = message.Body[..Math.Min(message.Body.Length, IParkedMessages.BodyBytesMax)].ToArray(),
    };

    public ParkedMessage Message() => new(
        Number, Source, DateTimeOffset.FromUnixTimeMilliseconds(At), Code, Reason,
        JsonSerializer.Deserialize(Headers, ParkedJson.Default.IReadOnlyDictionaryStringString)!, Body, BodyBytes);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class ParkedJson : System.Text.Json.Serialization.JsonSerializerContext;
