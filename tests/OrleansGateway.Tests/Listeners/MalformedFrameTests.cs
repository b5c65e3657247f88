namespace OrleansGateway.Tests.Listeners;

/// <summary>Wrong and unusual frames of HTTP/2 against a whole gateway, on a raw socket.</summary>
public sealed class MalformedFrameTests(MalformedRequestTests.Bed bed) : IClassFixture<MalformedRequestTests.Bed>
{
    private const int LaterStream = 100_001;

    public static TheoryData<string> Names => [.. MalformedFrames.All.Select(c => c.Name)];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Names))]
    public async Task Frames_OfTheCorpus_AreRefusedOrReadAsTheRfcsSay(string name)
    {
        var (_, bytes, expected) = MalformedFrames.All.Single(c => c.Name == name);
        using var connection = await Http2Connection.OpenAsync(bed.Gateway.Url);
        await connection.SayAsync(bytes);
        var outcome = await connection.OutcomeAsync(stream: 1);
        // The answer to what was right may overtake the word on what was wrong.
        if (outcome == "200" && expected.StartsWith("goaway", StringComparison.Ordinal)) outcome = await connection.OutcomeAsync(LaterStream);
        Assert.Equal(expected, outcome);

        if (outcome.StartsWith("goaway", StringComparison.Ordinal)) return;
        await connection.SayAsync(Http2Connection.Get(LaterStream, Http2Connection.Good));
        Assert.Equal("200", await connection.OutcomeAsync(LaterStream));
    }

    [Fact(Timeout = 60_000)]
    public async Task Streams_OpenedAndResetAtOnce_EndTheirConnectionAndNoOther()
    {
        using var connection = await Http2Connection.OpenAsync(bed.Gateway.Url);
        await connection.SayAsync(MalformedFrames.RapidReset);
        // Whichever limit it meets first: streams, or what waits to be written. The server may close before all is said, and what it said then be lost on the way.
        Assert.Matches("^(goaway (ENHANCE_YOUR_CALM|INTERNAL_ERROR)|closed)$", await connection.OutcomeAsync(LaterStream));

        using var other = await Http2Connection.OpenAsync(bed.Gateway.Url);
        await other.SayAsync(Http2Connection.Get(1, Http2Connection.Good));
        Assert.Equal("200", await other.OutcomeAsync(1));
    }
}
