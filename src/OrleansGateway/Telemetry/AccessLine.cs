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
    private const int TimestampChars = 24;

    // A log line is no HTML: the relaxed encoder leaves + and < readable. Control characters and quotes are escaped all the same.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;
    private AccessFields _fields;

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
        _fields = exchange.Snapshot.AccessFields;
        _json.WriteStartObject();
        if (_fields.Has(AccessField.Timestamp)) WriteTimestamp(time.GetUtcNow());
        WriteText(AccessField.RequestId, "request_id"u8, exchange.Id);
        if (exchange.Trace is { } trace) WriteTrace(trace);
        WriteText(AccessField.ConfigVersion, "config_version"u8, exchange.Snapshot.Version);
        WriteRequest(exchange.Http, exchange.ClientAddress);
        WriteNumber(AccessField.Status, "status"u8, status);
        WriteMilliseconds(AccessField.DurationMs, "duration_ms"u8, time.GetElapsedTime(exchange.StartedAt, endedAt));
        if ((exchange.Call?.FirstByteAt ?? exchange.Forward?.FirstByteAt) is { } firstByteAt and not 0)
        {
            WriteMilliseconds(AccessField.TimeToFirstByteMs, "time_to_first_byte_ms"u8, time.GetElapsedTime(exchange.StartedAt, firstByteAt));
        }

        WriteSizes(exchange.Http);
        WriteText(AccessField.Route, "route"u8, exchange.Route?.Id);
        if (exchange.Caller is { } caller) WriteCaller(caller);
        if (exchange.Call is { } asked) WriteCall(asked);
        WriteText(AccessField.Upstream, "upstream"u8, exchange.Forward?.Upstream);
        WriteText(AccessField.UpstreamTarget, "upstream_target"u8, exchange.Forward?.Target);
        WriteEnd(exchange.Call?.Attempts ?? exchange.Forward?.Attempts, exchange.Call?.Outcome ?? exchange.Forward?.Outcome);
        if (exchange.Call is { } call) WriteAnswer(call);
        if (exchange.Limits is { } limits) WriteLimits(limits);
        WriteText(AccessField.Cache, "cache"u8, exchange.Cache.Word());
        WriteText(AccessField.Error, "error"u8, exchange.Refusal?.Code);
        WriteText(AccessField.UserAgent, "user_agent"u8, exchange.Http.Request.Headers.UserAgent, UserAgentCharsMax);
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
    }

    public void Dispose() => _json.Dispose();

    private void WriteTrace(RequestTrace trace)
    {
        WriteText(AccessField.TraceId, "trace_id"u8, trace.TraceId.ToHexString());
        WriteText(AccessField.SpanId, "span_id"u8, trace.Span?.SpanId.ToHexString());
    }

    private void WriteRequest(HttpContext http, IPAddress? client)
    {
        WriteAddress(client);
        WriteText(AccessField.Method, "method"u8, http.Request.Method, FieldCharsMax);
        // Without the query: Gemini's clients and many scripts put a key there.
        WriteText(AccessField.Path, "path"u8, http.Request.Path.Value, PathCharsMax);
    }

    private void WriteSizes(HttpContext http)
    {
        if (http.Request.ContentLength is { } bytesIn) WriteNumber(AccessField.BytesIn, "bytes_in"u8, bytesIn);
        if (http.Response.ContentLength is { } bytesOut) WriteNumber(AccessField.BytesOut, "bytes_out"u8, bytesOut);
    }

    private void WriteCaller(Caller caller)
    {
        WriteText(AccessField.Tenant, "tenant"u8, caller.Tenant);
        WriteText(AccessField.Team, "team"u8, caller.Team);
        WriteText(AccessField.User, "user"u8, caller.User);
        WriteText(AccessField.KeyId, "key_id"u8, caller.KeyId);
        if (caller.Metadata.Count == 0 || !_fields.Has(AccessField.Metadata)) return;
        _json.WriteStartObject("metadata"u8);
        foreach (var (name, value) in caller.Metadata) _json.WriteString(name, value);
        _json.WriteEndObject();
    }

    private void WriteCall(CallFacts call)
    {
        WriteText(AccessField.Model, "model"u8, call.Model);
        if (_fields.Has(AccessField.Stream)) _json.WriteBoolean("stream"u8, call.Stream);
        WriteText(AccessField.Provider, "provider"u8, call.Provider);
        WriteText(AccessField.TargetModel, "target_model"u8, call.TargetModel);
        WriteText(AccessField.UpstreamRequestId, "upstream_request_id"u8, call.UpstreamRequestId, FieldCharsMax);
    }

    private void WriteEnd(int? attempts, CallOutcome? outcome)
    {
        if (attempts > 0) WriteNumber(AccessField.Attempts, "attempts"u8, attempts.Value);
        WriteText(AccessField.Outcome, "outcome"u8, outcome?.Word());
    }

    private void WriteAnswer(CallFacts call)
    {
        WriteText(AccessField.FinishReason, "finish_reason"u8, call.FinishReason, FieldCharsMax);
        if (call.Usage is not { } usage) return;
        WriteNumber(AccessField.InputTokens, "input_tokens"u8, usage.Input);
        WriteNumber(AccessField.CacheReadTokens, "cache_read_tokens"u8, usage.CacheRead);
        WriteNumber(AccessField.CacheWriteTokens, "cache_write_tokens"u8, usage.CacheWrite + usage.CacheWrite1h);
        WriteNumber(AccessField.OutputTokens, "output_tokens"u8, usage.Output);
        WriteNumber(AccessField.ReasoningTokens, "reasoning_tokens"u8, usage.Reasoning);
    }

    private void WriteLimits(LimitFacts limits)
    {
        WriteUsd(AccessField.HeldUsd, "held_usd"u8, limits.HeldCost);
        WriteUsd(AccessField.CostUsd, "cost_usd"u8, limits.Cost);
        WriteText(AccessField.LimitedBy, "limited_by"u8, limits.RefusedBy);
    }

    /// <summary>Nano-dollars as dollars, exact: a decimal, and no rounding.</summary>
    private void WriteUsd(AccessField field, ReadOnlySpan<byte> name, long? nanos)
    {
        if (nanos is { } amount && _fields.Has(field)) _json.WriteNumber(name, amount / 1_000_000_000m);
    }

    private void WriteTimestamp(DateTimeOffset now)
    {
        // The round-trip form is the one that .NET writes fast; four of its seven places are cut off.
        Span<char> text = stackalloc char[32];
        now.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[TimestampChars - 1] = 'Z';
        _json.WriteString("timestamp"u8, text[..TimestampChars]);
    }

    private void WriteAddress(IPAddress? address)
    {
        if (address is null || !_fields.Has(AccessField.Client)) return;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<char> text = stackalloc char[64];
        if (address.TryFormat(text, out var length)) _json.WriteString("client"u8, text[..length]);
    }

    /// <summary>A number of milliseconds down to the microsecond.</summary>
    private void WriteMilliseconds(AccessField field, ReadOnlySpan<byte> name, TimeSpan duration)
    {
        if (_fields.Has(field)) _json.WriteNumber(name, Math.Round(duration.TotalMilliseconds, 3));
    }

    private void WriteNumber(AccessField field, ReadOnlySpan<byte> name, long number)
    {
        if (_fields.Has(field)) _json.WriteNumber(name, number);
    }

    private void WriteText(AccessField field, ReadOnlySpan<byte> name, string? text, int charsMax = int.MaxValue)
    {
        if (text is null || !_fields.Has(field)) return;
        var end = Math.Min(text.Length, charsMax);
        // Not in the middle of a surrogate pair.
        if (end < text.Length && char.IsHighSurrogate(text[end - 1])) end--;
        _json.WriteString(name, text.AsSpan(0, end));
    }
}
