using OrleansGateway.Caching.Disk;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Invalidation;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Caching.Disk;

public sealed class DiskFileTests : IDisposable
{
    private const ulong Number = 0x1234_5678_9ABC_DEF0;
    private const int HeadRoom = 2_000;

    private readonly StateFolder _folder = new();
    private readonly byte[] _head = Head().ToBytes();
    private readonly byte[] _body = DiskBed.Bytes(150_001);

    private string Path => _folder.File("answer");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task File_OnceWhole_GivesBackWhatWasWritten()
    {
        await WriteAsync();
        Assert.Equal(_body, Read());
        var (prefix, read) = DiskFile.ReadHead(Path, Number);
        var wanted = Head();
        Assert.Equal((_body.Length, HeadRoom), (prefix.BodyLength, prefix.HeadRoom));
        Assert.Equal(_head, read.ToBytes());
        Assert.Equal((wanted.Tenant, wanted.FillSeq, wanted.Url, wanted.CameAt), (read.Tenant, read.FillSeq, read.Url, read.CameAt));
        Assert.Equal(wanted.Selectors, read.Selectors);
        Assert.True(read.Vary.IsSameAs(wanted.Vary));
        Assert.Equal(wanted.Vary.Hash(), read.Vary.Hash());
        Assert.Equal("a=1|b=2", string.Join('|', read.Head["Set-Cookie"].ToArray()));
    }

    [Fact]
    public void Prefix_OfAHeadThatIsLargerThanItsRoom_IsNotBelieved()
    {
        var prefix = new byte[DiskFormat.PrefixBytes];
        DiskFormat.WritePrefix(prefix, new DiskPrefix(Number, HeadBytes: 100, HeadRoom: 100, HeadSum: 0, BodyLength: 0));
        Assert.NotNull(DiskFormat.ReadPrefix(prefix));
        DiskFormat.WritePrefix(prefix, new DiskPrefix(Number, HeadBytes: 101, HeadRoom: 100, HeadSum: 0, BodyLength: 0));
        Assert.Null(DiskFormat.ReadPrefix(prefix));
    }

    [Fact(Timeout = 120_000)]
    public async Task File_WithAnyByteChanged_IsNotBelieved()
    {
        await WriteAsync();
        var whole = await File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken);
        var room = DiskFormat.PrefixBytes + HeadRoom;
        for (var at = 0; at < whole.Length; at += at < DiskFormat.PrefixBytes + _head.Length ? 1 : at < room ? room - at : 997)
        {
            // What is kept for a longer head says nothing.
            if (at >= DiskFormat.PrefixBytes + _head.Length && at < room) continue;
            Change(at);
            Assert.ThrowsAny<DiskFaultException>(Read);
            Change(at);
        }

        Assert.Equal(_body, Read());

        void Change(int at)
        {
            using var file = DiskFolder.Change(Path);
            RandomAccess.Write(file.SafeFileHandle, [whole[at] ^= 0x10], at);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task File_ThatIsCutOffOrTooLong_IsNotBelieved()
    {
        await WriteAsync();
        var whole = await File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken);
        for (var length = 0; length < whole.Length; length += length < 100 ? 1 : 1_009)
        {
            await File.WriteAllBytesAsync(Path, whole[..length], TestContext.Current.CancellationToken);
            Assert.ThrowsAny<DiskFaultException>(Read);
        }

        await File.WriteAllBytesAsync(Path, [.. whole, 0], TestContext.Current.CancellationToken);
        Assert.ThrowsAny<DiskFaultException>(Read);
    }

    [Fact]
    public async Task File_OfAnotherNumber_IsNotBelieved()
    {
        await WriteAsync();
        Assert.ThrowsAny<DiskFaultException>(() => DiskFile.ReadHead(Path, Number + 1));
    }

    [Fact]
    public async Task Block_ThatStandsInAnothersPlace_IsNotBelieved()
    {
        await WriteAsync();
        var whole = await File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken);
        var (first, second) = (BlockOf(whole, 0).ToArray(), BlockOf(whole, 1).ToArray());
        second.CopyTo(BlockOf(whole, 0));
        first.CopyTo(BlockOf(whole, 1));
        await File.WriteAllBytesAsync(Path, whole, TestContext.Current.CancellationToken);
        Assert.ThrowsAny<DiskFaultException>(Read);
    }

    [Fact]
    public async Task Block_OfAnotherFile_IsNotBelieved()
    {
        using (var other = new BlockWriter(Path, Number + 1, _head, HeadRoom))
        {
            await other.AppendAsync(_body);
            await other.FinishAsync();
        }

        var others = await File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken);
        await WriteAsync();
        var whole = await File.ReadAllBytesAsync(Path, TestContext.Current.CancellationToken);
        BlockOf(others, 1).CopyTo(BlockOf(whole, 1));
        await File.WriteAllBytesAsync(Path, whole, TestContext.Current.CancellationToken);
        Assert.ThrowsAny<DiskFaultException>(Read);
    }

    [Fact]
    public async Task File_ThatWasNotFinished_HasNoName()
    {
        using var writer = new BlockWriter(Path, Number, _head, HeadRoom);
        await writer.AppendAsync(_body);
        Assert.False(File.Exists(Path));
        Assert.Equal((2 * DiskFormat.BlockBytes, _body.Length), (writer.Written, writer.Length));
        writer.Abandon();
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task Head_Changed_LeavesTheBodyAsItIs()
    {
        await WriteAsync();
        var newer = (Head() with { FillSeq = 99, CameAt = 5 }).ToBytes();
        BlockWriter.ChangeHead(Path, Number, newer, HeadRoom, _body.Length);
        Assert.Equal((99, 5), (DiskFile.ReadHead(Path, Number).Head.FillSeq, DiskFile.ReadHead(Path, Number).Head.CameAt));
        Assert.Equal(_body, Read());
    }

    private static Span<byte> BlockOf(byte[] file, int block) => file.AsSpan((int)DiskFormat.PlaceOf(HeadRoom, block), DiskFormat.BlockBytes + DiskFormat.SumBytes);

    private static DiskHead Head()
    {
        var head = StoredHead.Restore(200, [new("Content-Type", "text/plain"), new("Set-Cookie", new(["a=1", "b=2"])), new("Vary", "Accept")], [new("Age", "7")]);
        var vary = VaryTerms.Restore(["accept", "x-none"], ["text/plain, text/html", default], "de");
        return new DiskHead([1, 2, 3], "acme", 42, "shop.example/a", [new(SelectorKind.Tag, "t"), Selector.OfGroup("https://shop.example", "g")], 1_000, 9_000, TimeSpan.FromSeconds(2), DateTimeOffset.UnixEpoch, head, vary);
    }

    private async Task WriteAsync()
    {
        using var writer = new BlockWriter(Path, Number, _head, HeadRoom);
        for (var at = 0; at < _body.Length; at += 7_000) await writer.AppendAsync(_body.AsMemory(at, Math.Min(7_000, _body.Length - at)));
        await writer.FinishAsync();
    }

    private byte[] Read()
    {
        using var handle = DiskFile.Open(Path);
        var (prefix, _) = DiskFile.ReadHead(handle, Number);
        return new BlockReader(handle, Number, prefix.HeadRoom).ReadWhole(prefix.BodyLength);
    }
}
