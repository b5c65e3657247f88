using System.Text;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

public sealed class PromptHashTests
{
    [Theory]
    // As the documentation of xxHash's binding for Python has them, and xxHash's own.
    [InlineData("", 0, 0xEF46DB3751D8E999)]
    [InlineData("a", 0, 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0, 0x44BC2CF5AD770999)]
    [InlineData("xxhash", 0, 0x32DD38952C4BC720)]
    [InlineData("xxhash", 20141025, 0xB559B98D844E0635)]
    [InlineData("Nobody inspects the spammish repetition", 0, 0xFBCEA83C8A378BF1)]
    public void Of_AKnownText_IsXxh64(string text, ulong seed, ulong hash) => Assert.Equal(hash, PromptHash.Of(Encoding.ASCII.GetBytes(text), seed));

    [Fact]
    public void Of_BodiesThatDifferInOneByte_AllDiffer()
    {
        var body = new byte[100];
        var hashes = new HashSet<long?> { PromptHash.Of("acme", body) };
        for (var i = 0; i < body.Length; i++)
        {
            body[i] = 1;
            Assert.True(hashes.Add(PromptHash.Of("acme", body)), $"byte {i}");
            body[i] = 0;
        }

        for (var length = 1; length < body.Length; length++) Assert.True(hashes.Add(PromptHash.Of("acme", body.AsSpan(..length))), $"length {length}");
    }

    [Fact]
    public void Of_OneBodyOfTwoTenants_IsNotTheSame()
    {
        byte[] body = [1, 2, 3];
        Assert.NotEqual(PromptHash.Of("acme", body), PromptHash.Of("zeta", body));
        Assert.Equal(PromptHash.Of("acme", body), PromptHash.Of("acme", body));
        Assert.Null(PromptHash.Of("acme", []));
    }
}
