using OrleansGateway.Configuration;

namespace OrleansGateway.Tests;

public sealed class KeyHashTests
{
    [Fact]
    public void Of_WhenAsked_IsTheSha256OfTheUtf8Text() =>
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", KeyHash.Of("abc").ToString());
}
