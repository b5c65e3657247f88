using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Compression;

/// <summary>What comes out is what went in, in the coding that the client likes; and only where it may be.</summary>
public sealed class CompressionStageTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 500).Select(i => $"line {i}\n")));

    [Theory]
    [InlineData("br, gzip", "br")]
    [InlineData("gzip, br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("X-GZIP", "gzip")]
    [InlineData("deflate, gzip;q=0.9, br;q=0.8", "gzip")]
    [InlineData("*", "br")]
    [InlineData("br;q=0, *", "gzip")]
    [InlineData("br;q=0, *;q=0.1", "gzip")]
    [InlineData("identity;q=0, gzip;q=0.001", "gzip")]
    [InlineData("identity, gzip;q=0.5", "")]
    [InlineData("identity;q=0.5, gzip;q=0.5", "gzip")]
    [InlineData("*;q=0", "")]
    [InlineData("br;q=0, gzip;q=0.000", "")]
    [InlineData("gzip;q=2", "")]
    [InlineData("gzip;x=1", "")]
    [InlineData("zstd, deflate", "")]
    [InlineData("", "")]
    public async Task Answer_ToAClient_HasTheCodingItLikesMost(string accepted, string coding)
    {
        var answer = await new AnswerInMemory(accepted).SendAsync(WriteAsync);
        Assert.Equal(coding, answer.Headers.ContentEncoding.ToString());
        Assert.Equal("Accept-Encoding", answer.Headers.Vary.ToString());
        Assert.Equal(coding.Length == 0, answer.Headers.ContentLength == Text.Length);
        Assert.Equal(coding.Length == 0 ? Text.Length : 0, answer.Sent.Length > Text.Length / 2 ? answer.Sent.Length : 0);
        Assert.Equal(Text, answer.Decoded());
    }

    [Theory]
    [InlineData("Content-Encoding", "gzip")]
    [InlineData("Cache-Control", "public, No-Transform")]
    [InlineData("Content-Type", "image/png")]
    [InlineData("Content-Type", "text/event-stream; charset=utf-8")]
    [InlineData("Content-Range", "bytes 0-1/2")]
    [InlineData("Content-Digest", "sha-256=:x:")]
    [InlineData(":status", "206")]
    public async Task Answer_ThatMayNotBeCompressed_IsLeftAsItIs(string name, string value)
    {
        var answer = await new AnswerInMemory("br").SendAsync(response =>
        {
            Describe(response);
            if (name == ":status") response.StatusCode = int.Parse(value, CultureInfo.InvariantCulture);
            else response.Headers[name] = value;
            return response.Body.WriteAsync(Text).AsTask();
        });
        Assert.Equal(Text, answer.Sent);
        Assert.Equal(Text.Length, answer.Headers.ContentLength);
        Assert.Equal("\"tag\"", answer.Headers.ETag);
        Assert.Equal(name == "Content-Encoding" ? "gzip" : "", answer.Headers.ContentEncoding.ToString());
    }

    [Theory]
    [InlineData(1023, false)]
    [InlineData(1024, true)]
    public async Task Answer_ShorterThanTheLeastLength_IsLeftAsItIs(int length, bool compressed)
    {
        var answer = await new AnswerInMemory("gzip").SendAsync(response =>
        {
            (response.ContentType, response.ContentLength) = ("text/plain", length);
            return response.BodyWriter.WriteAsync(Text.AsMemory(0, length)).AsTask();
        });
        Assert.Equal(compressed, answer.Headers.ContentEncoding == "gzip");
        Assert.Equal(Text[..length], answer.Decoded());
    }

    [Fact]
    public async Task Answer_ThatIsCompressed_SaysNothingThatIsTrueOnlyOfTheOriginal()
    {
        var answer = await new AnswerInMemory("br").SendAsync(response =>
        {
            Describe(response);
            (response.Headers.AcceptRanges, response.Headers.Vary) = ("bytes", "Origin");
            return response.BodyWriter.WriteAsync(Text).AsTask();
        });
        Assert.Equal("W/\"tag\"", answer.Headers.ETag);
        Assert.Null(answer.Headers.ContentLength);
        Assert.Equal(0, answer.Headers.AcceptRanges.Count);
        Assert.Equal("Origin,Accept-Encoding", answer.Headers.Vary.ToString());
    }

    [Fact]
    public async Task Flush_OfPartOfABody_BringsThatPartToTheClientAtOnce()
    {
        var answer = new AnswerInMemory("br");
        await answer.SendAsync(async response =>
        {
            response.ContentType = "text/plain";
            foreach (var end in new[] { 10, 20, Text.Length })
            {
                var begin = end == 10 ? 0 : end == 20 ? 10 : 20;
                await response.BodyWriter.WriteAsync(Text.AsMemory(begin..end));
                Assert.Equal(Text[..end], DecodedSoFar(answer, end));
            }
        });
        Assert.Equal(Text, answer.Decoded());
    }

    [Theory]
    [InlineData(1, "br")] [InlineData(2, "gzip")] [InlineData(3, "br")] [InlineData(4, "gzip")]
    public async Task Body_InAnyChunks_ComesOutAsItWentIn(int seed, string coding)
    {
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            var content = new byte[random.Next(200_000)];
            random.NextBytes(content.AsSpan(0, content.Length / 2));
            var answer = await new AnswerInMemory(coding).SendAsync(async response =>
            {
                response.ContentType = "application/json";
                for (var at = 0; at < content.Length;)
                {
                    var piece = content.AsMemory(at, Math.Min(random.Next(1, 30_000), content.Length - at));
                    at += piece.Length;
                    if (random.Next(3) == 0) await response.Body.WriteAsync(piece);
                    else if (random.Next(2) == 0) await response.BodyWriter.WriteAsync(piece);
                    else System.Buffers.BuffersExtensions.Write(response.BodyWriter, piece.Span);
                    // A piece in the writer is not in the stream yet; who uses both flushes in between.
                    await response.BodyWriter.FlushAsync();
                }
            });
            Assert.Equal(content, answer.Decoded());
        }
    }

    [Theory]
    [InlineData("GET", 204)]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 200)]
    public async Task Answer_WithoutABody_IsNotMadeOne(string method, int status)
    {
        var answer = await new AnswerInMemory("gzip", method: method).SendAsync(response =>
        {
            (response.StatusCode, response.ContentType) = (status, "text/plain");
            return Task.CompletedTask;
        });
        Assert.Empty(answer.Sent);
        Assert.Equal(0, answer.Headers.ContentEncoding.Count);
    }

    [Fact]
    public async Task Answer_ThatIsRefused_IsWrittenAsItIs()
    {
        var answer = new AnswerInMemory("gzip");
        await answer.SendAsync(response =>
        {
            Describe(response);
            answer.Exchange.Refuse(Refusal.BadGateway("The upstream broke off."));
            return Task.CompletedTask;
        });
        Assert.Equal(0, answer.Headers.ContentEncoding.Count);
        Assert.Equal(Text.Length, answer.Headers.ContentLength);
    }

    [Theory]
    [InlineData(true)] [InlineData(false)]
    public async Task Answer_ThatBreaksOff_DoesNotLookWhole(bool refused)
    {
        var answer = new AnswerInMemory("gzip");
        var ended = answer.SendAsync(async response =>
        {
            response.ContentType = "text/plain";
            await response.BodyWriter.WriteAsync(Text);
            if (!refused) throw new IOException("cut");
            answer.Exchange.Refuse(Refusal.BadGateway("The upstream broke off."));
        });
        if (refused) await ended;
        else await Assert.ThrowsAsync<IOException>(() => ended);
        // A gzip member ends in the length of its content, RFC 1952 §2.3.1.
        Assert.NotEqual(Text.Length, BitConverter.ToInt32(answer.Sent.AsSpan()[^4..]));
        Assert.True(answer.Http.Response.HasStarted);
    }

    private static byte[] DecodedSoFar(AnswerInMemory answer, int length)
    {
        var content = new byte[length];
        using var coded = new System.IO.Compression.BrotliStream(new MemoryStream(answer.Sent), System.IO.Compression.CompressionMode.Decompress);
        coded.ReadExactly(content);
        return content;
    }

    private static Task WriteAsync(HttpResponse response)
    {
        Describe(response);
        return response.BodyWriter.WriteAsync(Text).AsTask();
    }

    private static void Describe(HttpResponse response) =>
        (response.ContentType, response.ContentLength, response.Headers.ETag) = ("text/plain; charset=utf-8", Text.Length, "\"tag\"");
}
