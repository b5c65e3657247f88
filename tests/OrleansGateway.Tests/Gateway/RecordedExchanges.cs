using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansGateway.Http;
using OrleansGateway.Tests.Transcripts;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Gateway;

/// <summary>
/// A gateway that calls itself: the model <c>origin</c> is the recorded provider, in the dialect of the recordings; <c>by-way</c> is a provider of the other
/// dialect whose server is this same gateway, which then asks <c>origin</c>. So an exchange by that way is translated twice, there and back.
/// </summary>
internal sealed class RecordedExchanges(GatewayUnderTest gateway, MockUpstream upstream, Dialect dialect) : IAsyncDisposable
{
    public static async Task<RecordedExchanges> StartAsync(Dialect dialect)
    {
        var upstream = await MockUpstream.StartAsync();
        var own = dialect == Dialect.OpenAI ? "openai" : "anthropic";
        var other = dialect == Dialect.OpenAI ? "anthropic" : "openai";
        var gateway = await GatewayUnderTest.StartAsync(Yaml(own, other, upstream.V1, new Uri("http://127.0.0.1:1/v1")));
        gateway.Write(Yaml(own, other, upstream.V1, new Uri(gateway.Url, "/v1")));
        Assert.Empty((await gateway.Host.Configuration.ReloadAsync(TestContext.Current.CancellationToken)).Faults);
        return new RecordedExchanges(gateway, upstream, dialect);
    }

    /// <summary>Sends the recorded request for a model of the gateway's and answers it as recorded; what came back, and what the provider was sent.</summary>
    public async Task<(int Status, byte[] Body, byte[] Received)> ReplayAsync(Transcript transcript, string model)
    {
        upstream.Enqueue(Answer.From(transcript, bytes => Splits.Random(transcript.Id.Length, bytes)));
        var sent = upstream.Requests.Count;
        using var request = new HttpRequestMessage(HttpMethod.Post, dialect == Dialect.OpenAI ? "/v1/chat/completions" : "/v1/messages");
        request.Content = new ByteArrayContent(WithModel(transcript.Request, model));
        using var answer = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        if (upstream.Requests.Count == sent) upstream.Forget();
        return ((int)answer.StatusCode, body, upstream.Requests.Count == sent ? [] : upstream.Requests[^1].Body);
    }

    /// <summary>A request without what the gateway may change: the model's name, and the wish for a stream's usage.</summary>
    public static JsonElement Comparable(byte[] request)
    {
        if (request.Length == 0) return default;
        var json = JsonNode.Parse(request)!.AsObject();
        json.Remove("model");
        json.Remove("stream_options");
        return JsonElement.Parse(json.ToJsonString());
    }

    public async ValueTask DisposeAsync()
    {
        await gateway.DisposeAsync();
        await upstream.DisposeAsync();
    }

    private static byte[] WithModel(byte[] request, string model)
    {
        var json = JsonNode.Parse(request)!.AsObject();
        json["model"] = model;
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private static string Yaml(string own, string other, Uri origin, Uri self) => $$"""
        providers:
          origin: {kind: {{own}}, base_url: "{{origin}}"}
          self: {kind: {{other}}, base_url: "{{self}}", api_key: {{GatewayUnderTest.Key}}}
        models:
          origin: {targets: [{provider: origin, model: recorded}]}
          by-way: {targets: [{provider: self, model: origin}]}
        """;
}
