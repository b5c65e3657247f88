using System.Text;
using OrleansGateway.Tests.Transcripts;

namespace OrleansGateway.Tests.Upstreams;

/// <summary>How an answer ends once its chunks have been written.</summary>
internal enum AnswerEnd
{
    /// <summary>As HTTP wants it, whatever the content lacks.</summary>
    Proper,

    /// <summary>The connection is closed with the body unfinished: no last chunk, or less than the length promised. All chunks arrive.</summary>
    Cut,

    /// <summary>The connection is reset. Chunks the client has not read yet may be lost: gate the end where that matters.</summary>
    Reset,

    /// <summary>Nothing more comes, and the connection stays open until the client or the test's end closes it.</summary>
    Stall,
}

/// <summary>What the mock upstream answers: a head, then chunks that are flushed one by one, then an end.</summary>
internal sealed record Answer
{
    public int Status { get; init; } = 200;

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<ReadOnlyMemory<byte>> Chunks { get; init; } = [];

    public AnswerEnd End { get; init; }

    /// <summary>Tasks waited for, each before the chunk of that number (from 0); the number of chunks stands for the end.</summary>
    public IReadOnlyDictionary<int, Task> Gates { get; init; } = new Dictionary<int, Task>();

    /// <summary>Length promised in the head; none leaves the body chunked. More than there is ends in a cut; less is not possible.</summary>
    public long? ContentLength { get; init; }

    /// <summary>False holds back even the head: the connection is accepted and nothing is ever said.</summary>
    public bool HasHead { get; init; } = true;

    /// <summary>Reads the request and never answers.</summary>
    public static Answer Silence { get; } = new() { HasHead = false, End = AnswerEnd.Stall };

    /// <summary>Reads the request and closes the connection without a word.</summary>
    public static Answer HangUp { get; } = new() { HasHead = false, End = AnswerEnd.Reset };

    /// <summary>A whole answer of a known length.</summary>
    public static Answer Whole(int status, string? contentType, ReadOnlyMemory<byte> body) => new()
    {
        Status = status,
        Headers = contentType is null ? new Dictionary<string, string>() : new() { ["content-type"] = contentType },
        Chunks = body.IsEmpty ? [] : [body],
        ContentLength = body.Length,
    };

    public static Answer Json(string json, int status = 200) => Whole(status, "application/json", Encoding.UTF8.GetBytes(json));

    /// <summary>A stream of events, each chunk flushed by itself.</summary>
    public static Answer Stream(params IEnumerable<ReadOnlyMemory<byte>> chunks) => new()
    {
        Headers = new Dictionary<string, string> { ["content-type"] = "text/event-stream" },
        Chunks = [.. chunks],
    };

    /// <summary>A stream of events given as text, one chunk for each text.</summary>
    public static Answer Stream(IEnumerable<string> chunks) => Stream(chunks.Select(text => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(text))));

    /// <summary>A recorded answer: a stream in the chunks that <paramref name="split"/> makes of it (default one), any other whole.</summary>
    public static Answer From(Transcript transcript, Func<byte[], IEnumerable<ReadOnlyMemory<byte>>>? split = null)
    {
        var whole = Whole(transcript.Status, transcript.ContentType, transcript.Response);
        if (!transcript.IsStream) return whole;
        return whole with { ContentLength = null, Chunks = [.. split?.Invoke(transcript.Response) ?? [transcript.Response]] };
    }

    /// <summary>The same with one more header, or another value for it.</summary>
    public Answer With(string header, string value) => this with { Headers = new Dictionary<string, string>(Headers) { [header] = value } };

    /// <summary>The same, waiting before a chunk until the test lets it on.</summary>
    public Answer WaitBefore(int chunk, Task gate) => this with { Gates = new Dictionary<int, Task>(Gates) { [chunk] = gate } };

    /// <summary>The same with only its first chunks and another end.</summary>
    public Answer EndAfter(int chunks, AnswerEnd end) => this with { Chunks = [.. Chunks.Take(chunks)], End = end };
}
