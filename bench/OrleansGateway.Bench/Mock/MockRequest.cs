using System.Buffers.Text;

namespace OrleansGateway.Bench.Mock;

/// <summary>What a request wants, as far as its head tells.</summary>
internal readonly record struct MockRequest(MockRequest.Kind Wanted, long BodyBytes, long AnswerBytes)
{
    /// <summary>What is done with a request.</summary>
    public enum Kind
    {
        /// <summary>The body is read and says whether the answer is a stream.</summary>
        Chat,

        /// <summary>The body is checked against the pattern as it comes, and the answer says whether it fits.</summary>
        Upload,

        /// <summary>The answer is so many bytes of the pattern.</summary>
        Download,

        /// <summary>The answer is so many bytes of JSON that a cache may keep for a day.</summary>
        Cacheable,
    }

    /// <summary>Only what the programs measured here write is understood: <c>/…/upload</c>, <c>/…/download?bytes=N</c>, <c>/…/cacheable?bytes=N</c>, a length spelt one of two ways.</summary>
    public static MockRequest Read(ReadOnlySpan<byte> head)
    {
        var line = head[..head.IndexOf("\r\n"u8)];
        var bodyBytes = Number(head, "\r\nContent-Length: "u8) ?? Number(head, "\r\ncontent-length: "u8) ?? 0;
        if (line.IndexOf("/upload "u8) >= 0) return new(Kind.Upload, bodyBytes, 0);
        if (Number(line, "/download?bytes="u8) is { } answerBytes) return new(Kind.Download, bodyBytes, answerBytes);
        if (Number(line, "/cacheable?bytes="u8) is { } keptBytes) return new(Kind.Cacheable, bodyBytes, keptBytes);
        return new(Kind.Chat, bodyBytes, 0);
    }

    private static long? Number(ReadOnlySpan<byte> text, ReadOnlySpan<byte> after)
    {
        var at = text.IndexOf(after);
        return at >= 0 && Utf8Parser.TryParse(text[(at + after.Length)..], out long number, out _) ? number : null;
    }
}
