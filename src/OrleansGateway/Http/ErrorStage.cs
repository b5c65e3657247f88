using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace OrleansGateway.Http;

/// <summary>
/// The one place that writes refusals. Stands before all stages that may refuse, so that whichever does, the answer is written once, in the caller's
/// dialect, and a bug becomes a 500 that says nothing of its inside.
/// </summary>
internal sealed class ErrorStage(ILogger<ErrorStage> log) : IStage
{
    public async ValueTask InvokeAsync(Exchange exchange, Next next)
    {
        try
        {
            await next(exchange);
        }
        // Kestrel's readers and writers may learn of a broken connection before the token of the request does.
        catch (Exception gone) when (exchange.Aborted.IsCancellationRequested || gone is ConnectionAbortedException || gone.InnerException is ConnectionAbortedException)
        {
            log.ClientGone(gone, exchange.Id);
            return;
        }
        catch (BadHttpRequestException bad)
        {
            exchange.Refuse(new Refusal(bad.StatusCode, "bad_request", "The request could not be read: " + bad.Message));
        }
        catch (Exception bug)
        {
            log.StageFailed(bug, exchange.Id);
            exchange.Refuse(new Refusal(500, "internal_error", "The gateway failed to answer this request."));
        }

        if (exchange.Refusal is { } refusal) await WriteAsync(exchange, refusal);
    }

    private static async ValueTask WriteAsync(Exchange exchange, Refusal refusal)
    {
        var response = exchange.Http.Response;
        if (response.HasStarted)
        {
            // Part of an answer is out and cannot be taken back; a broken connection is the only sign left that it is not whole.
            exchange.Http.Abort();
            return;
        }

        response.StatusCode = refusal.Status;
        response.ContentType = ErrorBody.ContentType(exchange.Dialect);
        if (refusal.RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(0, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        // Understood by the SDKs of OpenAI and Anthropic, which else try again twice.
        if (refusal.IsFinal) response.Headers["x-should-retry"] = "false";
        var body = new ArrayBufferWriter<byte>(512);
        ErrorBody.Write(exchange.Dialect, refusal, exchange.Id, body);
        response.ContentLength = body.WrittenCount;
        await response.BodyWriter.WriteAsync(body.WrittenMemory, exchange.Aborted);
    }
}

internal static partial class ErrorLog
{
    [LoggerMessage(1001, LogLevel.Debug, "Request {RequestId}: the client has gone")]
    public static partial void ClientGone(this ILogger log, Exception exception, string requestId);

    [LoggerMessage(1002, LogLevel.Error, "Request {RequestId} failed inside the gateway")]
    public static partial void StageFailed(this ILogger log, Exception exception, string requestId);
}
