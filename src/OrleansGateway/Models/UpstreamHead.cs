using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models;

/// <summary>
/// The head of a request to a provider: its address, its key, and the few headers of the client that mean something there. All others stay here: they may
/// carry the client's own key, its address or its cookies.
/// </summary>
internal static class UpstreamHead
{
    /// <summary>The version of Anthropic's API that the translation speaks.</summary>
    private const string AnthropicVersion = "2023-06-01";

    private static readonly string[] PassedToOpenAI = ["OpenAI-Beta", "Idempotency-Key"];
    private static readonly string[] PassedToAnthropic = ["anthropic-version", "anthropic-beta", "Idempotency-Key"];

    public static UpstreamRequest New(Exchange exchange, ModelCall call, Target target, Dialect dialect, ReadOnlyMemory<byte> body)
    {
        var provider = target.Provider;
        var request = new UpstreamRequest
        {
            Method = HttpMethod.Post,
            // Taken apart when the configuration was read: doing it for each request cost 2 % of all.
            Uri = provider.Address,
            Target = provider.BasePath + PathOf(call.Endpoint.Action, dialect) + QueryOf(exchange.Http.Request, dialect),
            Body = body,
            ConnectTimeout = target.Timeouts.Connect,
        };
        request.Headers.Add(new("Accept", call.Stream ? "text/event-stream" : "application/json"));
        AddKey(request, provider, dialect);
        // What the operator states counts; a header twice would mean something else to each server.
        foreach (var (name, value) in provider.Settings.Headers) request.Headers.Add(new(name, value.Reveal()));
        var passed = dialect == Dialect.Anthropic ? PassedToAnthropic : PassedToOpenAI;
        foreach (var name in passed) Pass(exchange, request, name);
        AddTrace(exchange, call, request);
        // OpenAI's own name for it: what the provider's support can be asked about, and what its bill can be matched by.
        Add(request, "X-Client-Request-Id", exchange.Id);
        if (dialect == Dialect.Anthropic) Add(request, "anthropic-version", AnthropicVersion);
        return request;
    }

    /// <summary>The provider's span belongs under that of the attempt; where the gateway records none, it belongs where the client says.</summary>
    private static void AddTrace(Exchange exchange, ModelCall call, UpstreamRequest request)
    {
        if (exchange.Trace?.Onward(call.Attempt) is var (parent, state))
        {
            Add(request, "traceparent", parent);
            if (!string.IsNullOrEmpty(state)) Add(request, "tracestate", state);
            return;
        }

        Pass(exchange, request, "traceparent");
        Pass(exchange, request, "tracestate");
    }

    private static void Pass(Exchange exchange, UpstreamRequest request, string name)
    {
        if (exchange.Http.Request.Headers.TryGetValue(name, out var value) && value.Count > 0) Add(request, name, value.ToString());
    }

    private static void Add(UpstreamRequest request, string name, string value)
    {
        if (!request.Headers.Exists(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase))) request.Headers.Add(new(name, value));
    }

    private static void AddKey(UpstreamRequest request, Provider provider, Dialect dialect)
    {
        if (provider.Settings.ApiKey?.Reveal() is not { } key) return;
        request.Headers.Add(dialect == Dialect.Anthropic ? new("x-api-key", key) : new("Authorization", "Bearer " + key));
    }

    private static string PathOf(ModelAction action, Dialect dialect) => action switch
    {
        ModelAction.Embeddings => "/embeddings",
        ModelAction.CountTokens => "/messages/count_tokens",
        _ => dialect == Dialect.Anthropic ? "/messages" : "/chat/completions",
    };

    /// <summary>Anthropic's SDKs mark beta calls in the query.</summary>
    private static string QueryOf(HttpRequest request, Dialect dialect) =>
        dialect == Dialect.Anthropic && request.Query["beta"] == "true" ? "?beta=true" : "";
}
