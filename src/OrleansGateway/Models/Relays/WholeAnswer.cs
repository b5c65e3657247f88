using System.Text.Json;
using System.Text.Unicode;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models.Relays;

/// <summary>Carries an answer that is not a stream.</summary>
internal sealed class WholeAnswer(Exchange exchange, ModelCall call, UpstreamResponse response, Deadline deadline, TimeProvider time) : IDisposable
{
    /// <summary>
    /// An answer up to this size is sent when it is complete: nearly all are smaller, and if the provider breaks off, another can be tried. A larger one is
    /// passed on as it comes.
    /// </summary>
    private const int HoldBytes = 64 << 10;

    /// <summary>Room asked for before each read. No more than the first buffer has, or every answer would begin with a second one.</summary>
    private const int ReadBytes = 4 << 10;

    /// <summary>Largest answer that is translated, which needs it whole.</summary>
    private const int TranslateBytesMax = 64 << 20;

    private readonly PooledBuffer _held = new(2 * ReadBytes);
    private bool _begun;

    /// <summary>Passes the answer on as it is and reads the usage along the way. A refusal means that nothing went out.</summary>
    public ValueTask<Refusal?> PassThroughAsync() => GuardAsync(static answer => answer.CopyAsync());

    /// <summary>Translates the answer; <paramref name="asStream"/> if the client asked for a stream and the provider sent none.</summary>
    public ValueTask<Refusal?> TranslateAsync(Translation translation, bool asStream)
    {
        (_translation, _asStream) = (translation, asStream);
        return GuardAsync(static answer => answer.TranslateAsync());
    }

    public void Dispose() => _held.Dispose();

    private Translation? _translation;
    private bool _asStream;

    private async ValueTask<Refusal?> GuardAsync(Func<WholeAnswer, ValueTask<Refusal?>> run)
    {
        try
        {
            return await run(this);
        }
        catch (UpstreamException broken)
        {
            return Fail(Refusal.BadGateway($"The provider of this model failed: {broken.Message}."));
        }
        catch (JsonException)
        {
            return Fail(Refusal.BadGateway("The provider of this model sent an answer that is not JSON."));
        }
        catch (OperationCanceledException) when (deadline.Expired)
        {
            return Fail(Refusal.GatewayTimeout($"The provider of this model {deadline.Reason}."));
        }
    }

    private async ValueTask<Refusal?> CopyAsync()
    {
        var usage = new JsonMemberScanner("usage"u8.ToArray());
        int bytes;
        do
        {
            deadline.AwaitNext();
            bytes = await response.ReadAsync(_held.GetMemory(ReadBytes), deadline.Token);
            usage.Scan(_held.GetSpan()[..bytes]);
            _held.Advance(bytes);
            if (bytes > 0 && _held.WrittenCount >= HoldBytes)
            {
                NoteModel();
                await SendAsync(null);
            }
        }
        while (bytes > 0);

        NoteModel();
        if (!_begun && !IsJson(_held.WrittenSpan)) return Refusal.BadGateway("The provider of this model sent an answer that is not JSON.");
        call.FinishReason = JsonBytes.StringAfter(_held.WrittenSpan, call.Endpoint.Dialect == Dialect.Anthropic ? "\"stop_reason\""u8 : "\"finish_reason\""u8);
        call.ServiceTier ??= JsonBytes.StringAfter(_held.WrittenSpan, "\"service_tier\""u8);
        await SendAsync(_begun ? null : _held.WrittenCount);
        Note(usage.Value);
        NoteEnd();
        return null;
    }

    private async ValueTask<Refusal?> TranslateAsync()
    {
        int bytes;
        do
        {
            deadline.AwaitNext();
            bytes = await response.ReadAsync(_held.GetMemory(ReadBytes), deadline.Token);
            _held.Advance(bytes);
            if (_held.WrittenCount > TranslateBytesMax) return Refusal.BadGateway("The provider of this model sent an answer too large to translate.");
        }
        while (bytes > 0);

        if (_held.WrittenCount >= SocketThreads.BulkBytes) await SocketThreads.Leave();
        NoteModel();
        if (!Utf8.IsValid(_held.WrittenSpan)) throw new JsonException("Not UTF-8.");
        using var output = new PooledBuffer(8 << 10);
        using (var json = JsonDocument.Parse(_held.WrittenMemory))
        {
            call.ServiceTier = JsonBytes.StringAfter(_held.WrittenSpan, "\"service_tier\""u8);
            if (!_translation!.TakeWhole(json.RootElement, _asStream, output))
                return _translation.Failure ?? Refusal.BadGateway("The provider of this model sent an answer that is not of its API.");
        }

        (call.Usage, call.FinishReason) = (_translation.Usage, _translation.FinishReason);
        call.FirstByteAt = time.GetTimestamp();
        AnswerHead.Begin(exchange, 200, _asStream ? "text/event-stream; charset=utf-8" : "application/json", _asStream);
        if (!_asStream) exchange.Http.Response.ContentLength = output.WrittenCount;
        if (!IsUnread) await exchange.Http.Response.BodyWriter.WriteAsync(output.WrittenMemory, exchange.Aborted);
        NoteEnd();
        return null;
    }

    private async ValueTask SendAsync(long? wholeLength)
    {
        if (!_begun)
        {
            _begun = true;
            call.FirstByteAt = time.GetTimestamp();
            AnswerHead.Begin(exchange, response.Status, response.Header("Content-Type") ?? "application/json", stream: false);
            exchange.Http.Response.ContentLength = wholeLength;
        }

        deadline.AwaitClient();
        if (!IsUnread) await exchange.Http.Response.BodyWriter.WriteAsync(_held.WrittenMemory, deadline.Token);
        _held.Clear();
    }

    /// <summary>Whether the client has gone, and the answer is read on only for what it says of its usage.</summary>
    private bool IsUnread => call.IsDrained && exchange.Aborted.IsCancellationRequested;

    private void NoteEnd() =>
        (call.IsWhole, call.Outcome) = (true, IsUnread ? CallOutcome.ClientAborted : CallOutcome.Completed);

    private void Note(ReadOnlySpan<byte> usage)
    {
        if (usage.IsEmpty) return;
        var reader = new Utf8JsonReader(usage);
        if (!JsonDocument.TryParseValue(ref reader, out var json)) return;
        using (json)
        {
            if (json.RootElement.ValueKind != JsonValueKind.Object) return;
            call.Usage = call.Endpoint.Dialect == Dialect.Anthropic
                ? Anthropic.AnthropicUsage.Read(json.RootElement, default)
                : OpenAI.OpenAIUsage.Read(json.RootElement);
        }
    }

    /// <summary>Only where a span tells it: it is a search through the answer.</summary>
    private void NoteModel()
    {
        if (call.Attempt is not null) call.ResponseModel ??= JsonBytes.StringAfter(_held.WrittenSpan, "\"model\""u8);
    }

    /// <summary>A cheap look at both ends: what a proxy in between answers with (HTML, nothing at all) is no answer of a model.</summary>
    private static bool IsJson(ReadOnlySpan<byte> body)
    {
        body = body.Trim(" \t\r\n"u8);
        return body.Length >= 2 && body[0] == '{' && body[^1] == '}';
    }

    /// <summary>Once part of the answer is out, only a broken connection can tell the client that it is not whole.</summary>
    private Refusal? Fail(Refusal failure)
    {
        if (!_begun) return failure;
        call.Outcome = IsUnread ? CallOutcome.ClientAborted : CallOutcome.UpstreamCut;
        exchange.Http.Abort();
        return null;
    }
}
