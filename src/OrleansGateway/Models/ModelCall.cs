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
    public Model Entry
    {
        get => entry;
        set => (entry, Order) = (value, null);
    }

    public ReadOnlyMemory<byte> Body => body.Memory;

    /// <summary>Whether its answer is read to the end though the client has gone: the provider then says what it bills.</summary>
    public bool IsDrained { get; set; }

    /// <summary>Ends with it where more than its own client waits for its answer; none where the client alone does.</summary>
    public CancellationToken? Lifetime { get; set; }

    /// <summary>Stands between its provider's answer and the client; none for nobody.</summary>
    public IAnswerTap? Tap { get; set; }

    /// <summary>The targets in the order in which they are to be tried, once it is drawn. Another model has other targets.</summary>
    public Target[]? Order { get; set; }

    /// <summary>What limits and budgets let it use; none if none applies.</summary>
    public IAllowance? Allowance { get; set; }

    /// <summary>What its caller says of it for reports, as the feature has it that reads it.</summary>
    public object? Labels { get; set; }

    /// <summary>How the last attempt ended, if its client got nothing of it; none while it is under way, or if it was the answer.</summary>
    public AttemptEnd? End { get; set; }

    /// <summary>A target is about to be tried: what is known of an earlier attempt is forgotten.</summary>
    public void Begin(Target target, long now)
    {
        (Provider, TargetModel, Target, AttemptAt) = (target.Provider.Id, target.Model, target, now);
        (End, AttemptWasSent, UpstreamStatus, IsWhole, Usage, OutputSeen, HeadAt) = (null, false, 0, false, null, 0, 0);
        (ServiceTier, Connected) = (null, default);
        Said?.Clear();
        Attempts++;
        if (Attempts > 1) Tap?.Missed();
    }

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
        Said?.Dispose();
        if (!_sent.TrueForAll(static request => request.BodySent.IsCompleted)) body.Abandon();
        body.Dispose();
    }
}
