using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Listeners;

/// <summary>Wrong and unusual requests against a whole gateway, on a raw socket.</summary>
public sealed class MalformedRequestTests(MalformedRequestTests.Bed bed) : IClassFixture<MalformedRequestTests.Bed>
{
    public static TheoryData<string> Names => [.. MalformedRequests.All.Select(c => c.Name)];

    [Theory(Timeout = 30_000)]
    [MemberData(nameof(Names))]
    public async Task Request_OfTheCorpus_IsRefusedOrReadAsTheRfcsSay(string name)
    {
        var (_, bytes, expected) = MalformedRequests.All.Single(c => c.Name == name);
        using var connection = await RawConnection.OpenAsync(bed.Gateway.Url);
        await connection.SayAsync(bytes + ListenerBed.GoodRequest.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal));
        List<int> statuses = [];
        while (await connection.ReadAnswerAsync() is { } answer) statuses.Add(answer.Status);
        Assert.Equal(expected, statuses);
    }

    /// <summary>One gateway for all: what one request leaves behind is the next one's fault to find.</summary>
    public sealed class Bed : IAsyncLifetime
    {
        internal GatewayUnderTest Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Gateway = await ListenerBed.StartAsync();

        public ValueTask DisposeAsync() => Gateway.DisposeAsync();
    }
}
