using System.Buffers.Binary;
using OrleansGateway.Leases.Journal;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>What is brought to the store of a log that somebody, or a power failure, has damaged.</summary>
public sealed class UsageDamageTests : IDisposable
{
    private const int Frames = 6;

    private readonly UsageLogBed _bed = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // As a machine leaves it that loses its power in the middle of a write, wherever that was.
    [Fact(Timeout = 120_000)]
    public async Task Open_OfALogTornAtEveryByte_BringsEachWholeFrame()
    {
        var (path, whole) = await LeaveAsync();
        var ends = FrameEnds(whole);
        for (var torn = JournalFile.HeaderLength; torn <= ends[^1]; torn++)
        {
            var bytes = whole.ToArray();
            bytes.AsSpan(torn, ends[^1] - torn).Clear();
            // Where the mark was not written either.
            bytes.AsSpan(JournalFile.MarkOffset, 8).Clear();
            var segment = Reread(path, bytes);
            // The frame's own padding is zeros anyway.
            var expected = ends.Count(end => UsageFrame.LengthOf(bytes.AsSpan(0, end)[(ends.TakeWhile(e => e < end).LastOrDefault(JournalFile.HeaderLength))..], Word) > 0);
            Assert.Equal(expected, segment);
            Assert.InRange(expected, ends.Count(end => end <= torn), ends.Count(end => end <= torn + UsageFrame.Alignment));
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public async Task Open_OfALogWithADamagedFrame_SetsItAsideAndBringsTheOthers(int seed)
    {
        var random = new Random(seed);
        var (path, whole) = await LeaveAsync();
        var ends = FrameEnds(whole);
        var at = random.Next(JournalFile.HeaderLength, ends[^1]);
        whole[at] ^= (byte)(1 << random.Next(8));
        File.WriteAllBytes(path, whole);
        await using var log = _bed.Open();
        await using var shipper = _bed.Ship(log);
        await log.FlushAsync(Cancel);
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(Frames - 1, _bed.Store.Records.Count);
        Assert.Equal(1, _bed.Figures.Damaged);
        var hit = ends.FindIndex(end => end > at);
        var begin = hit == 0 ? JournalFile.HeaderLength : ends[hit - 1];
        Assert.Equal(whole[begin..ends[hit]], File.ReadAllBytes(Assert.Single(Directory.GetFiles(_bed.DamageFolder, "*.piece"))));
        Assert.Contains("no frame", File.ReadAllText(Assert.Single(Directory.GetFiles(_bed.DamageFolder, "*.reason"))), StringComparison.Ordinal);
        Assert.Single(_bed.ShipperLines.Lines, l => l.StartsWith("Error 2620", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Open_OfAFrameThatThisProgramCannotRead_SetsItAsideWithTheReason()
    {
        var (path, whole) = await LeaveAsync();
        // The version of the second frame's record, with a sum that is right.
        var frame = whole.AsSpan(FrameEnds(whole)[0]);
        frame[UsageFrame.HeadLength + 4] = 99;
        var length = BinaryPrimitives.ReadInt32LittleEndian(frame[4..]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], JournalEntry.Checksum(frame[12..length]));
        File.WriteAllBytes(path, whole);
        await using var log = _bed.Open();
        await using var shipper = _bed.Ship(log);
        await log.FlushAsync(Cancel);
        await shipper.StopAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(Frames - 1, _bed.Store.Records.Count);
        Assert.Contains("has version 99", File.ReadAllText(Assert.Single(Directory.GetFiles(_bed.DamageFolder, "*.reason"))), StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(1)] [InlineData(2)] [InlineData(3)]
    public async Task Open_OfAnyBytes_NeitherFailsNorBlocks(int seed)
    {
        var random = new Random(seed);
        var (path, whole) = await LeaveAsync();
        for (var round = 0; round < 20; round++)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var bytes = whole.AsSpan(0, random.Next(whole.Length)).ToArray();
            for (var changes = random.Next(200); changes > 0 && bytes.Length > 0; changes--) bytes[random.Next(Math.Min(bytes.Length, 4_000))] = (byte)random.Next(256);
            File.WriteAllBytes(path, bytes);
            await using var log = _bed.Open();
            Assert.True(log.TryAppend([UsageLogBed.Record(1_000 + round)]));
            await using var shipper = _bed.Ship(log);
            await log.FlushAsync(Cancel);
            await shipper.StopAsync(TimeSpan.FromSeconds(5));
            Assert.Contains(UsageLogBed.IdOf(1_000 + round), _bed.Store.Order);
        }
    }

    public void Dispose() => _bed.Dispose();

    private static uint Word => UsageFrame.WordOf(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]));

    private async Task<(string Path, byte[] Bytes)> LeaveAsync()
    {
        await using (var log = _bed.Open())
        {
            for (var i = 0; i < Frames; i++) Assert.True(log.TryAppend([UsageLogBed.Record(i)]));
        }

        var path = Assert.Single(Directory.GetFiles(Assert.Single(_bed.Sessions), "*.segment"));
        return (path, File.ReadAllBytes(path));
    }

    private static List<int> FrameEnds(ReadOnlySpan<byte> bytes)
    {
        var ends = new List<int>();
        for (var at = JournalFile.HeaderLength; UsageFrame.LengthOf(bytes[at..], Word) is > 0 and var length; at += length) ends.Add(at + length);
        Assert.Equal(Frames, ends.Count);
        return ends;
    }

    // How many frames are read of such a file.
    private static int Reread(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        using var segment = UsageSegment.Open(path, new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), 1);
        var frames = 0;
        for (var at = segment.Taken; segment.PieceAt(at) is { Length: > 0 } piece; at += piece.Length) frames += piece.Frame.IsEmpty ? 0 : 1;
        return frames;
    }
}
