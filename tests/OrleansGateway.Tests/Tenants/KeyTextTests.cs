using OrleansGateway.Tenants;

namespace OrleansGateway.Tests.Tenants;

public sealed class KeyTextTests
{
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    [Theory]
    [InlineData(KeyText.KeyPrefix)]
    [InlineData(KeyText.AdminPrefix)]
    public void New_WhenAsked_IsAPrefix43LettersAndAChecksum(string prefix)
    {
        var key = KeyText.New(prefix);
        Assert.Matches($"^{prefix}[0-9A-Za-z]{{49}}$", key);
        Assert.True(KeyText.TryCheck(key, prefix));
    }

    [Fact]
    public void New_WhenAskedOften_NeverRepeatsAndUsesEveryLetter()
    {
        var keys = Enumerable.Range(0, 1_000).Select(_ => KeyText.New(KeyText.KeyPrefix)).ToArray();
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(Letters.Length, keys.SelectMany(k => k[4..47]).Distinct().Count());
    }

    [Fact]
    public void NewId_WhenAsked_IsKeyAnd20Letters() => Assert.Matches("^key_[0-9A-Za-z]{20}$", KeyText.NewId("key_"));

    [Fact]
    public void TryCheck_OfAKnownKey_AgreesWithCrc32COfRfc3720()
    {
        // CRC-32C of "ogw_" and 43 zeros, computed bit by bit apart from the program.
        const string body = "ogw_0000000000000000000000000000000000000000000";
        var crc = uint.MaxValue;
        foreach (var c in body)
        {
            crc ^= c;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
        }

        var (rest, checksum) = ((ulong)~crc, "");
        for (var i = 0; i < 6; i++, rest /= 62) checksum = Letters[(int)(rest % 62)] + checksum;
        Assert.True(KeyText.TryCheck(body + checksum, KeyText.KeyPrefix));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TryCheck_WithAnySingleCharacterChanged_IsFalse(int seed)
    {
        var random = new Random(seed);
        var key = KeyText.New(KeyText.KeyPrefix);
        for (var place = 0; place < key.Length; place++)
        {
            // Every other letter, and a few that never occur: other signs, and one whose low byte is a letter's.
            foreach (var other in Letters + "_-. é" + (char)(key[place] + 256) + (char)random.Next(1, char.MaxValue))
            {
                if (other == key[place]) continue;
                var mistyped = key[..place] + other + key[(place + 1)..];
                Assert.False(KeyText.TryCheck(mistyped, KeyText.KeyPrefix), $"{key} -> {mistyped}");
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void TryCheck_WithTwoNeighboursSwappedOrTheLengthChanged_IsFalse(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var key = KeyText.New(KeyText.KeyPrefix);
            var place = random.Next(4, key.Length - 1);
            if (key[place] != key[place + 1])
                Assert.False(KeyText.TryCheck($"{key[..place]}{key[place + 1]}{key[place]}{key[(place + 2)..]}", KeyText.KeyPrefix));
            Assert.False(KeyText.TryCheck(key.AsSpan(0, random.Next(key.Length)), KeyText.KeyPrefix));
            Assert.False(KeyText.TryCheck(key + Letters[random.Next(62)], KeyText.KeyPrefix));
        }
    }

    [Fact]
    public void TryCheck_OfAnAdminToken_IsFalse() => Assert.False(KeyText.TryCheck(KeyText.New(KeyText.AdminPrefix), KeyText.KeyPrefix));

    [Fact]
    public void Display_WhenAsked_ShowsTheFirstEightCharacters() => Assert.Equal("ogw_abcd…", KeyText.Display("ogw_abcdefgh"));
}
