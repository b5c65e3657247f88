using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Auth;

/// <summary>Asks external services about requests. Connections are pooled; of an answer only the head is read.</summary>
internal sealed class ExternalAuthClient(TimeProvider time) : IDisposable
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HttpMessageInvoker _pool = new(NewHandler());

    /// <summary>Asks, and waits for the head of the answer. Throws only when the caller has gone.</summary>
    public async Task<ExternalAuthAnswer> AskAsync(Exchange exchange, ExternalAuthSettings external)
    {
        using var deadline = new CancellationTokenSource(external.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, exchange.Aborted);
        using var request = new HttpRequestMessage(HttpMethod.Post, external.Url) { Content = new ByteArrayContent(Question(exchange, external)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            return new ExternalAuthAnswer(await _pool.SendAsync(request, either.Token));
        }
        catch (HttpRequestException failed)
        {
            return ExternalAuthAnswer.Failure(ExternalAuthAnswer.Failed, failed.Message);
        }
        catch (OperationCanceledException) when (!exchange.Aborted.IsCancellationRequested)
        {
            return ExternalAuthAnswer.Failure(ExternalAuthAnswer.Late, $"no answer within {external.Timeout}");
        }
    }

    public void Dispose() => _pool.Dispose();

    private static SocketsHttpHandler NewHandler()
    {
        var handler = GuardedClient.NewHandler();
        // A longer body costs the connection; it is not read.
        handler.MaxResponseDrainSize = 64 << 10;
        handler.PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2);
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(10);
        return handler;
    }

    private static byte[] Question(Exchange exchange, ExternalAuthSettings external)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, Json);
        json.WriteStartObject();
        json.WriteString("request_id", exchange.Id);
        json.WriteString("method", exchange.Http.Request.Method);
        // Without the query: some clients put a key there.
        json.WriteString("path", exchange.Http.Request.Path.Value);
        json.WriteString("route", exchange.Route!.Id);
        json.WriteString("client", exchange.ClientAddress?.ToString());
        if (exchange.Caller is { } caller) WriteCaller(json, caller);
        json.WriteStartObject("headers");
        foreach (var name in external.HeadersToSend)
        {
            var values = exchange.Http.Request.Headers[name];
            if (values.Count > 0) json.WriteString(name.ToLowerInvariant(), values.ToString());
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteCaller(Utf8JsonWriter json, Caller caller)
    {
        json.WriteStartObject("caller");
        json.WriteString("key_id", caller.KeyId);
        json.WriteString("tenant", caller.Tenant);
        json.WriteString("team", caller.Team);
        json.WriteString("user", caller.User);
        json.WriteStartArray("roles");
        foreach (var role in caller.Roles) json.WriteStringValue(role);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>What an external service said of a request.</summary>
internal sealed class ExternalAuthAnswer : IDisposable
{
    // Words of a metric's label: they never change.
    public const string Allowed = "allowed";
    public const string Denied = "denied";
    public const string Failed = "failed";
    public const string Late = "timeout";

    private readonly HttpResponseMessage? _response;

    public ExternalAuthAnswer(HttpResponseMessage response)
    {
        _response = response;
        Outcome = response.IsSuccessStatusCode ? Allowed : Status is 401 or 403 ? Denied : Failed;
        if (Outcome == Failed) Problem = $"it answered with status {Status}";
    }

    private ExternalAuthAnswer(string outcome, string problem) => (Outcome, Problem) = (outcome, problem);

    public string Outcome { get; }

    /// <summary>Why it neither allowed nor denied; empty if it did.</summary>
    public string Problem { get; } = "";

    public int Status => (int)(_response?.StatusCode ?? 0);

    public static ExternalAuthAnswer Failure(string outcome, string problem) => new(outcome, problem);

    /// <summary>A header of the answer, its values joined; none if it has none.</summary>
    public string? Header(string name) => _response!.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    public void Dispose() => _response?.Dispose();
}
