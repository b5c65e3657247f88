using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>What is refused is kept, by whatever engine: whole, in order, and within bounds.</summary>
public abstract class ParkedMessagesContract
{
    private protected abstract IParkedMessages Parked { get; }

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Park_OfAnyText_KeepsItAsItWas()
    {
        var message = Message("shop", "It says \"a\0b\\c\" and \ud83d\ude00.", [0, 1, 255, 7]);
        var number = await Parked.ParkAsync(message, Cancel);
        var found = await Parked.FindAsync(number, Cancel);
        Assert.Equal((number, "shop", message.At, "bad", message.Reason, 4L, false), (found!.Number, found.Source, found.At, found.Code, found.Reason, found.BodyBytes, found.IsCut));
        Assert.Equal(message.Body.ToArray(), found.Body.ToArray());
        Assert.Equal(message.Headers, found.Headers);
    }

    [Fact]
    public async Task Park_OfABodyThatIsTooLong_KeepsItsBeginning()
    {
        var found = await Parked.FindAsync(await Parked.ParkAsync(Message("shop", "long", new byte[IParkedMessages.BodyBytesMax + 1]), Cancel), Cancel);
        Assert.Equal((IParkedMessages.BodyBytesMax, IParkedMessages.BodyBytesMax + 1L, true), (found!.Body.Length, found.BodyBytes, found.IsCut));
    }

    [Fact]
    public async Task List_OfOneSourceOrAll_IsInOrderAndGoesOnBehindANumber()
    {
        var numbers = new List<long>();
        for (var i = 0; i < 6; i++) numbers.Add(await Parked.ParkAsync(Message(i % 2 == 0 ? "even" : "odd", $"{i}", [1]), Cancel));
        Assert.Equal(["0", "1", "2", "3", "4", "5"], (await Parked.ListAsync(null, 0, 10, Cancel)).Select(m => m.Reason));
        Assert.Equal(["1", "3"], (await Parked.ListAsync("odd", 0, 2, Cancel)).Select(m => m.Reason));
        Assert.Equal(["5"], (await Parked.ListAsync("odd", numbers[3], 10, Cancel)).Select(m => m.Reason));
        Assert.All(await Parked.ListAsync(null, 0, 10, Cancel), m => Assert.Equal(0, m.Body.Length));
    }

    [Fact]
    public async Task Delete_OfOne_IsTrueOnce()
    {
        var (first, second) = (await Parked.ParkAsync(Message("shop", "1", [1]), Cancel), await Parked.ParkAsync(Message("shop", "2", [1]), Cancel));
        Assert.True(await Parked.DeleteAsync(first, Cancel));
        Assert.False(await Parked.DeleteAsync(first, Cancel));
        Assert.Null(await Parked.FindAsync(first, Cancel));
        Assert.Equal(1, await Parked.CountAsync(Cancel));
        Assert.True(second > first);
    }

    [Fact]
    public async Task Park_OfMoreBytesThanAreKept_LetsTheOldestGo()
    {
        var (all, body) = ((int)(IParkedMessages.BytesMax / IParkedMessages.BodyBytesMax), new byte[IParkedMessages.BodyBytesMax]);
        for (var i = 0; i < all + 3; i++) await Parked.ParkAsync(Message("shop", $"{i}", body), Cancel);
        var kept = await Parked.ListAsync(null, 0, all + 3, Cancel);
        Assert.InRange(kept.Count, 1, all);
        Assert.Equal($"{all + 2}", kept[^1].Reason);
        Assert.Equal(Enumerable.Range(all + 3 - kept.Count, kept.Count).Select(i => $"{i}"), kept.Select(m => m.Reason));
    }

    private static ParkedMessage Message(string source, string reason, byte[] body) => new(
        0, source, DateTimeOffset.UnixEpoch.AddYears(50), "bad", reason, new Dictionary<string, string> { ["content-type"] = "text/ü\0", ["x"] = "" }, body, body.Length);
}
