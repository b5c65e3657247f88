using OrleansGateway.Caching.Figures;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Caching;

public sealed class CacheFiguresTests
{
    [Fact]
    public void Last_OverMinutesAndHours_CountsWhatCameSince()
    {
        var tally = new CacheTally("acme", "shop");
        for (var minute = 1; minute <= 70; minute++)
        {
            for (var i = 0; i < minute; i++) tally.Asked(CacheUse.Hit);
            tally.GaveStored(10);
            tally.MinuteOver();
        }

        tally.Asked(CacheUse.Miss);
        tally.GaveShared(5);
        tally.Saved(7, 9);
        var (all, hour, minute1) = (tally.Sums(), tally.Last(60), tally.Last(1));
        Assert.Equal((70 * 71 / 2, 1L, 700L, 705L, 7L, 9L), (all.Of(CacheUse.Hit), all.Of(CacheUse.Miss), all.StoreBytes, all.SavedBytes, all.SavedTokens, all.SavedNanoUsd));
        // The full minutes that are kept, and what has come of this one.
        Assert.Equal((Enumerable.Range(12, 59).Sum(), 1L), (hour.Of(CacheUse.Hit), hour.Of(CacheUse.Miss)));
        Assert.Equal((0L, 1L, 5L), (minute1.Of(CacheUse.Hit), minute1.Of(CacheUse.Miss), minute1.SavedBytes));
        Assert.Equal(0.5, new CacheSums { Answers = [0, 1, 0, 0, 0, 1, 0], Models = new long[7] }.HitRatio);
        Assert.Null(CacheSums.None.HitRatio);
    }

    [Fact]
    public void Last_BeforeSoMuchTimeWentBy_IsAll()
    {
        var tally = new CacheTally("acme", "shop");
        tally.Asked(CacheUse.Hit);
        Assert.Equal((1, 1), (tally.Last(1).Requests, tally.Last(60).Requests));
        tally.MinuteOver();
        Assert.Equal((0, 1), (tally.Last(1).Requests, tally.Last(60).Requests));
    }
}
