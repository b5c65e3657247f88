using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansGateway.Configuration;

namespace OrleansGateway.Models.Fake;

/// <summary>Embeddings of a fake provider: vectors of length 1 drawn from the hash of the input, as numbers or in base64 as OpenAI's SDKs ask.</summary>
internal static class FakeEmbeddings
{
    private const int DimensionsDefault = 16;
    private const int DimensionsMax = 4096;

    public static FakeResponse Answer(JsonElement body, FakeSettings settings)
    {
        var inputs = Inputs(body.Member("input") ?? default);
        var dimensions = (int)Math.Clamp(body.Number("dimensions") is > 0 and var asked ? asked : DimensionsDefault, 1, DimensionsMax);
        var tokens = settings.InputTokens ?? inputs.Sum(i => FakeTokens.Split(i).Count());
        return Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            for (var index = 0; index < inputs.Count; index++) WriteVector(json, index, Vector(inputs[index], dimensions), body.Text("encoding_format") == "base64");
            json.WriteEndArray();
            json.WriteString("model", body.Text("model"));
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", tokens);
            json.WriteNumber("total_tokens", tokens);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    public static FakeResponse Json(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(bytes)) write(json);
        return new FakeResponse(200, "application/json", [new FakePiece(bytes.WrittenMemory, 0)]);
    }

    private static List<string> Inputs(JsonElement input) => input.ValueKind switch
    {
        JsonValueKind.String => [input.Text()],
        // A list of numbers is one input, already cut into tokens.
        JsonValueKind.Array when input.EnumerateArray().All(i => i.ValueKind == JsonValueKind.Number) => [input.GetRawText()],
        JsonValueKind.Array => [.. input.EnumerateArray().Select(i => i.ValueKind == JsonValueKind.String ? i.Text() : i.GetRawText())],
        _ => [],
    };

    private static float[] Vector(string input, int dimensions)
    {
        var (vector, bits) = (new float[dimensions], new byte[dimensions * 4]);
        var seed = SHA256.HashData(Encoding.UTF8.GetBytes(input));
        for (var from = 0; from < bits.Length; from += seed.Length)
        {
            seed = SHA256.HashData(seed);
            seed.AsSpan(0, Math.Min(seed.Length, bits.Length - from)).CopyTo(bits.AsSpan(from));
        }

        for (var at = 0; at < dimensions; at++) vector[at] = BinaryPrimitives.ReadInt32LittleEndian(bits.AsSpan(at * 4)) / (float)int.MaxValue;
        var norm = MathF.Sqrt(vector.Sum(v => v * v));
        for (var at = 0; at < dimensions; at++) vector[at] /= norm;
        return vector;
    }

    private static void WriteVector(Utf8JsonWriter json, int index, float[] vector, bool base64)
    {
        json.WriteStartObject();
        json.WriteString("object", "embedding");
        json.WriteNumber("index", index);
        if (base64)
        {
            json.WriteString("embedding", Convert.ToBase64String(MemoryMarshal.AsBytes(vector.AsSpan())));
        }
        else
        {
            json.WriteStartArray("embedding");
            foreach (var value in vector) json.WriteNumberValue(value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
