using OrleansGateway.Caching.Disk;
using OrleansGateway.Caching.SecondLevel;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Caching;

/// <summary>What comes out of a store that anything may have happened to is what was put there, or nothing.</summary>
public sealed class SecondLevelFormatTests
{
    private static readonly byte[] s_body = [.. Enumerable.Range(0, 300).Select(static i => (byte)i)];

    [Fact]
    public void Answer_ComesBackAsItWas()
    {
        var content = SecondLevelFormat.Read(SecondLevelFormat.Of(Head(), s_body));
        Assert.Equal((200, "acme", 42L, "shop.example/a"), (content.Head!.Head.Status, content.Head.Tenant, content.Head.FillSeq, content.Head.Url));
        Assert.Equal(s_body, content.Body);
        Assert.Empty(content.Names);
    }

    [Fact]
    public void Names_ComeBackAsTheyWere()
    {
        var content = SecondLevelFormat.Read(SecondLevelFormat.OfVaried(["accept", "accept-language"]));
        Assert.Equal(["accept", "accept-language"], content.Names);
        Assert.Null(content.Head);
    }

    [Fact]
    public void Damage_OfAnyByte_AndACutAtAnyPlace_IsAFault()
    {
        foreach (var value in new[] { SecondLevelFormat.Of(Head(), s_body), SecondLevelFormat.OfVaried(["accept"]) })
        {
            for (var at = 0; at < value.Length; at++)
            {
                byte[] damaged = [.. value];
                damaged[at] ^= 0x40;
                Assert.Throws<DiskFaultException>(() => SecondLevelFormat.Read(damaged));
                Assert.Throws<DiskFaultException>(() => SecondLevelFormat.Read(value[..at]));
            }
        }
    }

    private static DiskHead Head()
    {
        var head = StoredHead.Restore(200, [new("Content-Type", "text/plain")], [new("Age", "7")]);
        var vary = VaryTerms.Restore(["accept"], ["text/plain"], "de");
        return new DiskHead([1, 2, 3], "acme", 42, "shop.example/a", [new(SelectorKind.Tag, "t")], 1_000, 9_000, TimeSpan.FromSeconds(2), DateTimeOffset.UnixEpoch, head, vary);
    }
}
