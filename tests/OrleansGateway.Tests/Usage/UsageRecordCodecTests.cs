using System.Buffers;
using OrleansGateway.Leases;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

public sealed class UsageRecordCodecTests
{
    private static readonly UsageRecord s_usual = TestRecords.Usual(new Guid("00112233-4455-6677-8899-aabbccddeeff"));

    private const string UsualHex =
        "01010133221100554477668899aabbccddeeff040080f0adba94f2f7de11050215007265712d303132333435363738396162636465660600020700020801111111" +
        "112222333344445555555555550e020500636861740f00021000021102050066617374120207006f70656e616913020d006770742d342e312d6d696e6914021800" +
        "6770742d342e312d6d696e692d323032352d30342d3134150211007265715f39663865376436633562346117020b00323032362d30382d303119020d0063306666" +
        "65653132333435360902050061636d650a02090072657365617263680b020600616c6963650c020b006b65795f30314a395a330d0207006d6f64656c732800e012" +
        "2900d8042c00c0072d0080013c0080cc3a3d00e0d4033f0080a051400080c00c1600021b00901c1d0080d086031e00c0c1c0141f0090032002050073746f702200" +
        "021a02291300627564676574732e7465616d2d6d6f6e74680e0061636d652f7265736561726368ce0ae0809c011a021e0c00627564676574732e6b65790b006b65" +
        "795f30314a395a3300e0809c01240206006261746368240206006e696768742502130c00636f73742d63656e747265050034373131";

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void Read_OfWhatWasWritten_IsTheSameRecord(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2_000; round++)
        {
            var record = TestRecords.Any(random);
            AssertSame(record, UsageRecordCodec.Read(Bytes(record)));
        }
    }

    // Bytes on a disk that an upgrade must be able to read: if this fails, give the new form a version of its own, and read both.
    [Fact]
    public void Write_OfAUsualRecord_IsWhatItWasInTheFirstVersion() => Assert.Equal(UsualHex, Convert.ToHexStringLower(Bytes(s_usual)));

    [Fact]
    public void Read_WithFieldsOfALaterProgram_GoesOverThem()
    {
        byte[] later = [.. Bytes(s_usual), 120, 0, 0xFF, 0x01, 121, 1, .. Guid.AllBitsSet.ToByteArray(), 122, 2, 3, 1, 2, 3];
        AssertSame(s_usual, UsageRecordCodec.Read(later));
    }

    [Fact]
    public void Read_OfWhatIsCutAnywhere_FailsClearlyOrReadsLess()
    {
        var bytes = Bytes(s_usual);
        for (var length = 0; length < bytes.Length; length++) ReadOrFail(bytes.AsSpan(0, length));
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public void Read_OfGarbledBytes_FailsClearlyOrReadsOthers(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = round % 4 == 0 ? new byte[random.Next(400)] : Bytes(s_usual);
            if (round % 4 == 0)
            {
                random.NextBytes(bytes);
                if (bytes.Length > 0) bytes[0] = 1;
            }

            for (var garbled = random.Next(4); garbled >= 0 && bytes.Length > 0; garbled--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ReadOrFail(bytes);
        }
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("02", "has version 2")]
    [InlineData("01", "has no id")]
    [InlineData("0100", "ends too early")]
    [InlineData("010100", "ends too early")]
    [InlineData("01000000", "field with the number 0")]
    [InlineData("01800000", "field with the number 128")]
    [InlineData("010109", "unknown form 9")]
    [InlineData("01010000", "has a Id of another form")]
    [InlineData("010902FFFFFFFF0F", "ends too early")]
    [InlineData("010902FFFFFFFFFFFFFFFFFF7F", "number that is too large")]
    [InlineData("010600FFFFFFFFFFFFFFFFFFFF01", "number that is too large")]
    public void Read_OfWhatIsNoRecord_SaysWhy(string hex, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => UsageRecordCodec.Read(Convert.FromHexString(hex))).Message, StringComparison.Ordinal);

    [Fact]
    public void Write_OfLongTexts_CutsThemButNoAccount()
    {
        var longText = new string('m', UsageRecordCodec.TextMax - 1) + "🙂" + new string('n', 100_000);
        var account = new AccountId("rate_limits.per-header", longText);
        var read = UsageRecordCodec.Read(Bytes(s_usual with { Model = longText, Charges = [new UsageCharge(account, 1, 2)] }));
        Assert.Equal(new string('m', UsageRecordCodec.TextMax - 1), read.Model);
        Assert.Equal(account, Assert.Single(read.Charges).Account);
    }

    [Fact]
    public void Write_OfAUsualRecord_TakesNoMoreThan450Bytes() => Assert.InRange(Bytes(s_usual).Length, 200, 450);

    private static byte[] Bytes(UsageRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        UsageRecordCodec.Write(record, buffer);
        Assert.InRange(buffer.WrittenCount, 1, UsageRecordCodec.LengthMax(record));
        return buffer.WrittenSpan.ToArray();
    }

    private static void ReadOrFail(ReadOnlySpan<byte> bytes)
    {
        try
        {
            UsageRecordCodec.Read(bytes);
        }
        catch (InvalidDataException)
        {
            // As promised: nothing else comes.
        }
    }

    private static void AssertSame(UsageRecord expected, UsageRecord actual)
    {
        Assert.Equal(expected.Charges, actual.Charges);
        Assert.Equal(expected.Tags, actual.Tags);
        Assert.Equal(expected.Metadata, actual.Metadata);
        Assert.Equal(expected with { Charges = [], Tags = [], Metadata = [] }, actual with { Charges = [], Tags = [], Metadata = [] });
    }
}
