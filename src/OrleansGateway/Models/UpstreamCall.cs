using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models.Relays;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models;

/// <summary>One model call as it is sent to one target: the request, and how its answer is carried back.</summary>
internal sealed class UpstreamCall
{
    /// <summary>Names the fields that only advise and that the target's dialect has no words for.</summary>
    private const string DroppedHeader = "x-gateway-dropped-params";

    private UpstreamCall(UpstreamRequest request, IEventRelay relay, Dialect dialect) => (Request, Relay, Dialect) = (request, relay, dialect);

    public UpstreamRequest Request { get; }

    /// <summary>Carries a stream back; a <see cref="Translation"/> also carries whole answers.</summary>
    public IEventRelay Relay { get; }

    /// <summary>What the target speaks.</summary>
    public Dialect Dialect { get; }

    /// <summary>Prepares the call, or says why this target cannot take it.</summary>
    public static Refusal? Prepare(Exchange exchange, ModelCall call, Target target, TimeProvider time, out UpstreamCall? prepared)
    {
        prepared = null;
        var dialect = Dialects.Of(target.Provider.Kind, call.Endpoint.Dialect);
        var same = dialect == call.Endpoint.Dialect;
        if (!same && call.Endpoint.Operation != "chat") return NotServed(call);
        ReadOnlyMemory<byte> body;
        IEventRelay relay;
        IReadOnlyCollection<string> dropped = [];
        if (same)
        {
            var asksUsage = AsksUsage(call, target);
            body = BodyEdit.Apply(call, target, asksUsage);
            relay = dialect == Dialect.Anthropic ? new AnthropicPassThrough() : new OpenAIPassThrough(takeOutUsage: asksUsage, mayEnd: call.Allowance is { IsRolling: true });
        }
        else
        {
            if (call.ReadChat(out var chat) is { } unread) return unread;
            chat.OutputTokensCap = call.Allowance?.OutputTokensMax;
            var json = new ArrayBufferWriter<byte>(call.Body.Length + 1024);
            using (var writer = new Utf8JsonWriter(json, Sse.JsonOptions))
            {
                if (Dialects.Of(dialect).WriteRequest(chat, target, writer) is { } unwritten) return unwritten;
            }

            body = json.WrittenMemory;
            dropped = chat.Dropped;
            relay = new Translation(Dialects.Of(dialect).NewAnswerReader(), Dialects.Of(call.Endpoint.Dialect).NewAnswerWriter(chat, time.GetUtcNow()), call.Endpoint.Dialect);
        }

        // An earlier target may have left its own.
        exchange.Http.Response.Headers[DroppedHeader] = dropped.Count > 0 ? string.Join(", ", dropped) : StringValues.Empty;
        var request = UpstreamHead.New(exchange, call, target, dialect, body);
        call.Track(request);
        prepared = new UpstreamCall(request, relay, dialect);
        return null;
    }

    private static bool AsksUsage(ModelCall call, Target target) =>
        call.Stream && call.Endpoint.Action == ModelAction.ChatCompletions && !call.Envelope.IncludeUsage && target.Provider.Settings.StreamUsage == StreamUsage.Always;

    private static Refusal NotServed(ModelCall call) => Refusal.BadRequest(
        "unsupported_endpoint", $"The model '{call.Model}' is served by a provider that has no such endpoint ({call.Endpoint.Operation}).", "model");
}
