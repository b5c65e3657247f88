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
        Assert.Equal(expected, outcome);

        if (outcome.StartsWith("goaway", StringComparison.Ordinal)) return;
        await connection.SayAsync(Http2Connection.Get(LaterStream, Http2Connection.Good));
        Assert.Equal("200", await connection.OutcomeAsync(LaterStream));
    }
}
