using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary>Calls the admin API of a running gateway. What goes wrong is a <see cref="CliException"/> that says what to do.</summary>
internal sealed class AdminClient : IDisposable
{
    private readonly HttpClient _http;

    public AdminClient(Uri admin, string token, TimeSpan answerWithin)
    {
        // Neither a proxy nor a redirect shall see the token; a gateway behind a proxy is none on this machine.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = !admin.IsLoopback };
        _http = new HttpClient(handler) { BaseAddress = admin, Timeout = answerWithin };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Answer to a GET, as JSON text.</summary>
    public Task<string> GetAsync(string path, CancellationToken cancellation) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellation);

    /// <summary>Answer to a POST without a body, as JSON text.</summary>
    public Task<string> PostAsync(string path, CancellationToken cancellation) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path), cancellation);

    /// <summary>Answer to a POST of a document, as JSON text.</summary>
    public Task<string> PostAsync<T>(string path, T document, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, path, document, type, cancellation);

    /// <summary>Answer to a POST of a document that is acted on once, however often it is sent with that id; none for one of its own.</summary>
    public Task<string> PostOnceAsync<T>(string path, T document, JsonTypeInfo<T> type, string? id, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(JsonSerializer.Serialize(document, type), Encoding.UTF8, "application/json") };
        if (id is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", id);
        return SendAsync(request, cancellation);
    }

    /// <summary>Does away with what the path names.</summary>
    public Task DeleteAsync(string path, CancellationToken cancellation) => SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), cancellation);

    /// <summary>Answer to a request with a document, as JSON text.</summary>
    public Task<string> SendAsync<T>(HttpMethod method, string path, T document, JsonTypeInfo<T> type, CancellationToken cancellation) => SendAsync(
        new HttpRequestMessage(method, path)
        {
            Content = new StringContent(JsonSerializer.Serialize(document, type), Encoding.UTF8, "application/json"),
        },
        cancellation);

    /// <summary>Answer to a request whose body is a configuration.</summary>
    public Task<string> SendYamlAsync(HttpMethod method, string path, string yaml, string? ifMatch, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(method, path) { Content = new StringContent(yaml, Encoding.UTF8, "application/yaml") };
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", $"\"{ifMatch}\"");
        return SendAsync(request, cancellation);
    }

    /// <summary>Reads the answer to a GET as it comes, however long it is and takes.</summary>
    public Task ReadAsync(string path, Func<Stream, Task> read, CancellationToken cancellation) => ExplainedAsync(
        async () =>
        {
            using var response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode) throw new CliException(Explain(response, await response.Content.ReadAsStringAsync(cancellation)));
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            await read(stream);
            return "";
        },
        cancellation);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Task<string> SendAsync(HttpRequestMessage request, CancellationToken cancellation) => ExplainedAsync(
        async () =>
        {
            using var sent = request;
            using var response = await _http.SendAsync(sent, cancellation);
            var body = await response.Content.ReadAsStringAsync(cancellation);
            return response.IsSuccessStatusCode ? body : throw new CliException(Explain(response, body));
        },
        cancellation);

    private async Task<string> ExplainedAsync(Func<Task<string>> call, CancellationToken cancellation)
    {
        try
        {
            return await call();
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
        {
            throw new CliException($"No gateway answers at {_http.BaseAddress}. Start it, or name its admin address with --admin or GATEWAY_ADMIN.");
        }
        catch (HttpIOException e)
        {
            throw new CliException($"The answer of the gateway at {_http.BaseAddress} broke off: {e.Message}");
        }
        catch (HttpRequestException e)
        {
            throw new CliException($"The gateway at {_http.BaseAddress} cannot be reached: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException($"The gateway at {_http.BaseAddress} did not answer within {_http.Timeout.TotalSeconds} s.");
        }
    }

    private static string Explain(HttpResponseMessage response, string body)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return $"What answers at {response.RequestMessage?.RequestUri} is not the admin API of a gateway: status {(int)response.StatusCode}.";

        var problem = JsonSerializer.Deserialize(body, AdminJson.Default.ProblemDocument)!;
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            return "The gateway does not accept the admin token. Name the right one with --token-file or GATEWAY_ADMIN_TOKEN.";
        return problem.Detail + string.Concat((problem.Errors ?? []).Select(e => $"\n  {Place(e)}{(e.Path.Length > 0 ? e.Path + ": " : "")}{e.Message}"));
    }

    private static string Place(ErrorDocument error) => error.Line is > 0 ? $"{error.Line}:{error.Column}: " : "";
}

/// <summary>Ends a command with exit code 1 and a message for people.</summary>
internal sealed class CliException(string message) : Exception(message);
