using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansGateway.Models;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Transcripts;

namespace OrleansGateway.Tests.Models;

/// <summary>However the network splits a stream, the events are the same, and no byte is lost.</summary>
public sealed class SseReaderTests
{
    private static readonly string[] s_lineEnds = ["\n", "\r\n", "\r"];

    [Theory]
    [InlineData("data: a\n\n", "|a")]
    [InlineData("data:a\ndata: b\n\n", "|a\nb")]
    [InlineData("event: x\ndata: {}\n\n", "x|{}")]
    [InlineData("event: x\r\ndata: {}\r\n\r\n", "x|{}")]
    [InlineData("event: x\rdata: {}\r\r", "x|{}")]
    [InlineData(": a comment\n\n", "-")]
    [InlineData("event: x\nevent: y\ndata\n\n", "y|")]
    [InlineData("id: 1\nretry: 5\nfoo: bar\ndata: a\n\n", "|a")]
    [InlineData("data:  two spaces\n\n", "| two spaces")]
    [InlineData("dataset: a\n\n", "-")]
    [InlineData("\uFEFFdata: a\n\n", "|a")]
    [InlineData("data: a\n\n\uFEFFdata: b\n\n", "|a;-")]
    [InlineData("data: a", "|a")]
    [InlineData("data: a\n", "|a")]
    [InlineData("\n\ndata: a\n\n", "-;-;|a")]
    public void TryRead_OfAStream_FindsItsEvents(string stream, string expected) =>
        Assert.Equal(expected, string.Join(';', Read([Encoding.UTF8.GetBytes(stream)]).Events));

    [Fact]
    public void TryRead_OfAnyStreamSplitAnywhere_FindsTheSameEventsAndLosesNoByte() =>
        Prop.ForAll(Arb.From(Streams()), Arb.From(Gen.Choose(0, int.MaxValue)), (stream, seed) =>
        {
            var bytes = Encoding.UTF8.GetBytes(stream);
            var whole = Read([bytes]);
            var split = Read(Split(bytes, new System.Random(seed)));
            var single = Read([.. bytes.Select(b => new[] { b })]);
            return whole.Raw.SequenceEqual(bytes) && split.Raw.SequenceEqual(bytes) && single.Raw.SequenceEqual(bytes)
                && Spoken(whole).SequenceEqual(Spoken(split)) && Spoken(whole).SequenceEqual(Spoken(single));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TryRead_OfRecordedStreams_SplitAtEveryByte_FindsTheSameEvents()
    {
        var streams = TranscriptFiles.OpenAIChat().Concat(TranscriptFiles.AnthropicMessages()).Where(t => t.IsStream).ToList();
        Assert.NotEmpty(streams);
        foreach (var stream in streams)
        {
            var (whole, single) = (Read([stream.Response]), Read([.. stream.Response.Select(b => new[] { b })]));
            Assert.Equal(whole.Events, single.Events);
            Assert.Equal(stream.Response, single.Raw);
        }
    }

    [Fact]
    public void TryRead_OfAnEventInCarriageReturns_DoesNotWaitForWhatMayNeverCome()
    {
        using var reader = new SseReader();
        reader.Take("data: a\r\r"u8);
        Assert.True(reader.TryRead(out var sse));
        Assert.Equal("a"u8, sse.Data);
    }

    [Fact]
    public void Take_OfAnEventWithoutEnd_IsRefusedBeforeMemoryRunsOut()
    {
        using var reader = new SseReader();
        var piece = new byte[1 << 20];
        Assert.Throws<OrleansGateway.Upstream.UpstreamException>(() =>
        {
            for (var taken = 0; taken < 3 * SseReader.EventBytesMax; taken += piece.Length)
            {
                reader.Take(piece);
                reader.TryRead(out _);
            }
        });
    }

    /// <summary>
    /// Events with a field are the same whatever the split. A blank line after a lone CR may be one end or two, so events that say nothing are not
    /// counted; clients pass over them.
    /// </summary>
    private static IEnumerable<string> Spoken((List<string> Events, List<byte> Raw) read) => read.Events.Where(e => e != "-");

    private static (List<string> Events, List<byte> Raw) Read(IEnumerable<byte[]> chunks)
    {
        using var reader = new SseReader();
        var (events, raw) = (new List<string>(), new List<byte>());
        foreach (var chunk in chunks)
        {
            reader.Take(chunk);
            while (reader.TryRead(out var sse)) Add(sse);
        }

        if (reader.TryReadLast(out var last)) Add(last);
        return (events, raw);

        void Add(in SseEvent sse)
        {
            raw.AddRange(sse.Raw);
            events.Add(sse.HasData ? $"{Encoding.UTF8.GetString(sse.Name)}|{Encoding.UTF8.GetString(sse.Data)}" : "-");
        }
    }

    private static List<byte[]> Split(byte[] bytes, System.Random random)
    {
        var chunks = new List<byte[]>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(random.Next(1, 9), bytes.Length - at);
            chunks.Add(bytes[at..(at + length)]);
            at += length;
        }

        return chunks;
    }

    private static Gen<string> Streams()
    {
        var line = Gen.Elements("data: {\"a\":1}", "data:x", "data", "event: e", "event:", ": hi", "id: 7", "data: ü€😀", "data: [DONE]", "nonsense");
        var end = Gen.Elements(s_lineEnds);
        var block = from lines in Gen.ListOf(line) from ends in end select string.Concat(lines.Select(l => l + ends)) + ends;
        return from blocks in Gen.ListOf(block) from rest in Gen.Elements("", "data: cut", "event: e\ndata: c") select string.Concat(blocks) + rest;
    }
}
