using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansGateway.Models;

/// <summary>Writing server-sent events.</summary>
internal static class Sse
{
    /// <summary>JSON goes out as UTF-8; only what JSON itself demands is escaped, not what HTML would.</summary>
    public static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void WriteData<T>(IBufferWriter<byte> output, T state, Action<Utf8JsonWriter, T> write)
    {
        output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(output, JsonOptions)) write(json, state);
        output.Write("\n\n"u8);
    }

    public static void WriteEvent<T>(IBufferWriter<byte> output, ReadOnlySpan<byte> name, T state, Action<Utf8JsonWriter, T> write)
    {
        output.Write("event: "u8);
        output.Write(name);
        output.Write("\n"u8);
        WriteData(output, state, write);
    }
}
