using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models;

/// <summary>One model call on its way: the facts of it, and what is needed to send it, perhaps more than once.</summary>
internal sealed class ModelCall(ModelEndpoint endpoint, RequestBody body, RequestEnvelope envelope, Model entry) : CallFacts, IDisposable
{
    private readonly List<UpstreamRequest> _sent = new(1);
    private JsonDocument? _json;
    private ChatRequest? _chat;

    public ModelEndpoint Endpoint => endpoint;
    public RequestEnvelope Envelope => envelope;

    /// <summary>The model that serves it: the one asked for, or a cheaper one where a budget says so.</summary>
    public Model Entry { get; set; } = entry;

    public ReadOnlyMemory<byte> Body => body.Memory;

    /// <summary>What limits and budgets let it use; none if none applies.</summary>
    public IAllowance? Allowance { get; set; }

    /// <summary>The request in canonical form, read when the first target of another dialect needs it; or why it cannot be carried to one.</summary>
    public Refusal? ReadChat(out ChatRequest chat)
    {
        if (_chat is not null)
        {
            chat = _chat;
            return null;
        }

        _json ??= JsonDocument.Parse(body.Memory, new JsonDocumentOptions { MaxDepth = RequestEnvelope.DepthMax });
        chat = new ChatRequest();
        try
        {
            if (Dialects.Of(endpoint.Dialect).ReadRequest(_json.RootElement, chat) is { } refusal) return refusal;
        }
        catch (InvalidOperationException)
        {
            return RequestEnvelope.NotUnicode;
        }

        _chat = chat;
        return null;
    }

    /// <summary>Takes note of a request that reads this call's body.</summary>
    public void Track(UpstreamRequest request) => _sent.Add(request);

    public void Dispose()
    {
        _json?.Dispose();
        if (!_sent.TrueForAll(static request => request.BodySent.IsCompleted)) body.Abandon();
        body.Dispose();
    }
}
