using System.IO.Pipelines;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Http;

namespace OrleansGateway.Caching;

/// <summary>Gives what is stored to a client: whole, a part of it, or the word that it has changed nothing.</summary>
internal static class Serving
{
    private static readonly string[] s_ages = [.. Enumerable.Range(0, 3600).Select(static age => age.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Answers from what is stored.</summary>
    /// <param name="exchange">The client's request.</param>
    /// <param name="answer">What is stored; its body is whole.</param>
    /// <param name="age">How old it is.</param>
    /// <param name="status">Our member of <c>Cache-Status</c>.</param>
    /// <param name="time">For dates in conditions.</param>
    public static ValueTask WriteAsync(Exchange exchange, CachedAnswer answer, TimeSpan age, string status, TimeProvider time)
    {
        var (request, response) = (exchange.Http.Request, exchange.Http.Response);
        if (TryNotModified(exchange, answer, age, status, time)) return ValueTask.CompletedTask;
        WriteHead(exchange, answer.Head, age, status);
        ReadOnlyMemory<byte> body = answer.Body;
        if (IsCut(request, answer))
        {
            var (from, bytes) = Cut(exchange, answer);
            body = answer.Body.AsMemory((int)from, (int)bytes);
        }

        if (response.StatusCode is StatusCodes.Status204NoContent) return ValueTask.CompletedTask;
        response.ContentLength = body.Length;
        if (HttpMethods.IsHead(request.Method) || body.IsEmpty) return ValueTask.CompletedTask;
        var writing = response.BodyWriter.WriteAsync(body, CancellationToken.None);
        return writing.IsCompletedSuccessfully ? ValueTask.CompletedTask : AwaitAsync(writing);
    }

    /// <summary>Length of the body that a client gets, once the head is written.</summary>
    public static long BodyBytes(Exchange exchange)
    {
        var response = exchange.Http.Response;
        return response.StatusCode == StatusCodes.Status304NotModified || HttpMethods.IsHead(exchange.Http.Request.Method) ? 0 : response.ContentLength ?? 0;
    }

    /// <summary>Answers with 304 if the client has what is stored.</summary>
    public static bool TryNotModified(Exchange exchange, CachedAnswer answer, TimeSpan age, string status, TimeProvider time)
    {
        var headers = exchange.Http.Request.Headers;
        if (headers.IfNoneMatch.Count == 0 && headers.IfModifiedSince.Count == 0) return false;
        if (!Conditions.IsNotModified(headers, answer.Head.Status, answer.Terms, time.GetUtcNow())) return false;
        WriteHead(exchange, answer.Head, age, status);
        var response = exchange.Http.Response;
        response.StatusCode = StatusCodes.Status304NotModified;
        // RFC 9110 §15.4.5: what describes a body would be taken for that of the 304.
        response.Headers.Remove("Content-Encoding");
        response.Headers.Remove("Content-Range");
        response.Headers.ContentType = default;
        return true;
    }

    /// <summary>Writes all of the head but the length.</summary>
    public static void WriteHead(Exchange exchange, StoredHead head, TimeSpan age, string status)
    {
        var response = exchange.Http.Response;
        response.StatusCode = head.Status;
        var headers = response.Headers;
        foreach (ref readonly var field in head.Sent.AsSpan()) headers[field.Key] = field.Value;
        headers.Age = AgeOf(age);
        CacheStatusText.Append(headers, status);
        exchange.Route!.ResponseHeaders?.Apply(headers);
    }

    /// <summary>
    /// The same from a body that is on disk. False if that is gone or damaged, and then nothing has been written. What turns out to be damaged later breaks off: it must not look
    /// whole.
    /// </summary>
    public static async ValueTask<bool> TryWriteFromDiskAsync(Exchange exchange, CachedAnswer answer, TimeSpan age, string status, TimeProvider time)
    {
        var (request, response, body) = (exchange.Http.Request, exchange.Http.Response, answer.BodyOnDisk!);
        if (TryNotModified(exchange, answer, age, status, time)) return true;
        var isGet = HttpMethods.IsGet(request.Method);
        var wanted = IsCut(request, answer) ? RangeOf(request, answer) : new ByteRange(0, body.Length - 1);
        using var reading = wanted is { } first && isGet ? await body.TryOpenAsync(first.From, first.Length, exchange.Aborted) : null;
        if (reading is null && wanted is not null && isGet) return false;
        WriteHead(exchange, answer.Head, age, status);
        response.ContentLength = IsCut(request, answer) ? Cut(exchange, answer).Bytes : body.Length;
        if (reading is null) return true;
        try
        {
            while (await reading.NextAsync(exchange.Aborted) is { IsEmpty: false } piece)
            {
                var flushed = await response.BodyWriter.WriteAsync(piece, exchange.Aborted);
                if (flushed.IsCompleted) exchange.Aborted.ThrowIfCancellationRequested();
            }
        }
        catch (IOException damaged) when (!exchange.Aborted.IsCancellationRequested)
        {
            body.Damaged(damaged);
            exchange.Http.Abort();
        }

        return true;
    }

    private static bool IsCut(HttpRequest request, CachedAnswer answer) =>
        answer.Part is not null || (request.Headers.Range.Count > 0 && answer.Head.Status == StatusCodes.Status200OK && HttpMethods.IsGet(request.Method));

    /// <summary>The bytes that a request wants of the whole: all that is there, if it does not ask for some in a way that is to be followed; none if there are none such.</summary>
    private static ByteRange? RangeOf(HttpRequest request, CachedAnswer answer) =>
        TryRange(request, answer, out var range) ? range : new ByteRange(answer.Part?.From ?? 0, (answer.Part?.From ?? 0) + answer.BodyLength - 1);

    private static bool TryRange(HttpRequest request, CachedAnswer answer, out ByteRange? range)
    {
        range = null;
        return request.Headers.Range is [{ } text] && Conditions.MayCut(request.Headers, answer.Terms) && ByteRange.TryRead(text, answer.WholeLength, out range);
    }

    /// <summary>Says in the head which part it is, and returns where it is in what is stored.</summary>
    private static (long From, long Bytes) Cut(Exchange exchange, CachedAnswer answer)
    {
        var (request, response) = (exchange.Http.Request, exchange.Http.Response);
        if (!TryRange(request, answer, out var range)) return (0, answer.BodyLength);
        response.Headers.Remove("Content-Range");
        if (range is not { } asked)
        {
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{answer.WholeLength}");
            response.Headers.ContentType = default;
            return (0, 0);
        }

        response.StatusCode = StatusCodes.Status206PartialContent;
        response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {asked.From}-{asked.To}/{answer.WholeLength}");
        return (asked.From - (answer.Part?.From ?? 0), asked.Length);
    }

    private static string AgeOf(TimeSpan age)
    {
        var seconds = Math.Max(0, (long)age.TotalSeconds);
        return seconds < s_ages.Length ? s_ages[seconds] : seconds.ToString(CultureInfo.InvariantCulture);
    }

    private static async ValueTask AwaitAsync(ValueTask<FlushResult> writing) => await writing;
}
