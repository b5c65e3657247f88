using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Telemetry;

/// <summary>
/// One line of the access log in the making. Reused: the buffer and the writer outlive the line. What is not known is left out; headers, bodies,
/// queries and keys are never in it.
/// </summary>
internal sealed class AccessLine : IDisposable
{
    private const int PathCharsMax = 1024;
    private const int UserAgentCharsMax = 256;
    private const int FieldCharsMax = 256;

    // A log line is no HTML: the relaxed encoder leaves + and < readable. Control characters and quotes are escaped all the same.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;

    public AccessLine() => _json = new Utf8JsonWriter(_buffer, Options);

    /// <summary>The line with its line feed, UTF-8.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.WrittenMemory;

    /// <summary>Bytes the line holds on to while it waits for its next use.</summary>
    public int Capacity => _buffer.Capacity;

    /// <summary>Where the line goes: the setting of the configuration that served the request.</summary>
    public string Output { get; set; } = "";

    public void Write(Exchange exchange, int status, TimeProvider time, long endedAt)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        WriteTimestamp(time.GetUtcNow());
        _json.WriteString("request_id"u8, exchange.Id);
        _json.WriteString("config_version"u8, exchange.Snapshot.Version);
        WriteRequest(exchange.Http);
        _json.WriteNumber("status"u8, status);
        WriteMilliseconds("duration_ms"u8, time.GetElapsedTime(exchange.StartedAt, endedAt));
        if (exchange.Call is { FirstByteAt: not 0 } answered)
        {
            WriteMilliseconds("time_to_first_byte_ms"u8, time.GetElapsedTime(exchange.StartedAt, answered.FirstByteAt));
        }

        WriteSizes(exchange.Http);
        WriteText("route"u8, exchange.Route?.Id);
        if (exchange.Caller is { } caller) WriteCaller(caller);
        if (exchange.Call is { } call) WriteCall(call);
        WriteText("error"u8, exchange.Refusal?.Code);
        WriteText("user_agent"u8, exchange.Http.Request.Headers.UserAgent, UserAgentCharsMax);
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
    }

    public void Dispose() => _json.Dispose();

    private void WriteRequest(HttpContext http)
    {
        WriteAddress(http.Connection.RemoteIpAddress);
        WriteText("method"u8, http.Request.Method, FieldCharsMax);
        // Without the query: Gemini's clients and many scripts put a key there.
        WriteText("path"u8, http.Request.Path.Value, PathCharsMax);
    }

    private void WriteSizes(HttpContext http)
    {
        if (http.Request.ContentLength is { } bytesIn) _json.WriteNumber("bytes_in"u8, bytesIn);
        if (http.Response.ContentLength is { } bytesOut) _json.WriteNumber("bytes_out"u8, bytesOut);
    }

    private void WriteCaller(Caller caller)
    {
        _json.WriteString("tenant"u8, caller.Tenant);
        WriteText("team"u8, caller.Team);
        WriteText("user"u8, caller.User);
        _json.WriteString("key_id"u8, caller.KeyId);
        if (caller.Metadata.Count == 0) return;
        _json.WriteStartObject("metadata"u8);
        foreach (var (name, value) in caller.Metadata) _json.WriteString(name, value);
        _json.WriteEndObject();
    }

    private void WriteCall(CallFacts call)
    {
        _json.WriteString("model"u8, call.Model);
        _json.WriteBoolean("stream"u8, call.Stream);
        WriteText("provider"u8, call.Provider);
        WriteText("target_model"u8, call.TargetModel);
        WriteText("upstream_request_id"u8, call.UpstreamRequestId, FieldCharsMax);
        if (call.Attempts > 0) _json.WriteNumber("attempts"u8, call.Attempts);
        _json.WriteString("outcome"u8, call.Outcome.Word());
        WriteText("finish_reason"u8, call.FinishReason, FieldCharsMax);
        if (call.Usage is not { } usage) return;
        _json.WriteNumber("input_tokens"u8, usage.Input);
        _json.WriteNumber("cache_read_tokens"u8, usage.CacheRead);
        _json.WriteNumber("cache_write_tokens"u8, usage.CacheWrite + usage.CacheWrite1h);
        _json.WriteNumber("output_tokens"u8, usage.Output);
        _json.WriteNumber("reasoning_tokens"u8, usage.Reasoning);
    }

    private void WriteTimestamp(DateTimeOffset now)
    {
        Span<char> text = stackalloc char[24];
        now.UtcDateTime.TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        _json.WriteString("timestamp"u8, text[..length]);
    }

    private void WriteAddress(IPAddress? address)
    {
        if (address is null) return;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<char> text = stackalloc char[64];
        if (address.TryFormat(text, out var length)) _json.WriteString("client"u8, text[..length]);
    }

    /// <summary>A number of milliseconds down to the microsecond.</summary>
    private void WriteMilliseconds(ReadOnlySpan<byte> name, TimeSpan duration) =>
        _json.WriteNumber(name, Math.Round(duration.TotalMilliseconds, 3));

    private void WriteText(ReadOnlySpan<byte> name, string? text, int charsMax = int.MaxValue)
    {
        if (text is null) return;
        var end = Math.Min(text.Length, charsMax);
        // Not in the middle of a surrogate pair.
        if (end < text.Length && char.IsHighSurrogate(text[end - 1])) end--;
        _json.WriteString(name, text.AsSpan(0, end));
    }
}
