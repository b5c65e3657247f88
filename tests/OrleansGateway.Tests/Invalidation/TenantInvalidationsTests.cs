using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Invalidation;

public sealed class TenantInvalidationsTests
{
    private static readonly InvalidationBounds s_bounds = new(SelectorsMax: 1_000_000, PrefixesMax: 1_000_000);

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)] [InlineData(5)] [InlineData(6)] [InlineData(7)] [InlineData(8)] // a failure names its seed
    public void Check_OverAnyHistory_SaysWhatTheNaiveTableSays(int seed)
    {
        var history = new RandomHistory(seed, s_bounds);
        for (var step = 0; step < 5_000; step++)
        {
            history.Step();
            foreach (var (stored, naive) in history.Stored)
                Assert.True(history.Table.Check(stored, naive.FillSeq) == history.Naive.StandingOf(naive), $"step {step}: {naive}");
        }

        history.LetAllGo();
        Assert.Equal(0, history.Table.Count);
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)]
    public void Check_WithHardlyAnythingRemembered_IsNeverBetterThanTheNaiveTable(int seed)
    {
        var history = new RandomHistory(seed, new InvalidationBounds(SelectorsMax: 2, PrefixesMax: 2));
        for (var step = 0; step < 5_000; step++)
        {
            history.Step();
            foreach (var (stored, naive) in history.Stored)
                Assert.True(history.Table.Check(stored, naive.FillSeq) >= history.Naive.StandingOf(naive), $"step {step}: {naive}");
        }

        history.LetAllGo();
        Assert.Equal(0, history.Table.Count);
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)] [InlineData(5)] [InlineData(6)]
    public void IsTouched_OverAnyHistory_IsTrueOfWhatAnyOtherHasTouched(int seed)
    {
        var history = new RandomHistory(seed, s_bounds);
        var (internedAt, untouched) = (new Dictionary<CellSet, long>(), 0);
        for (var step = 0; step < 3_000; step++)
        {
            history.Step();
            foreach (var (stored, naive) in history.Stored)
            {
                internedAt.TryAdd(stored, history.Naive.Applied);
                foreach (var own in history.Naive.HardBehind(internedAt[stored]))
                {
                    var isTouched = history.Table.IsTouched(stored, naive.FillSeq, own);
                    Assert.True(isTouched == history.Naive.IsTouched(naive, own), $"step {step}: {naive} but by {own}");
                    if (!isTouched && history.Table.Check(stored, naive.FillSeq) == Standing.Gone) untouched++;
                }
            }
        }

        Assert.NotEqual(0, untouched);
    }

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)]
    public void MayJoin_OverAnyHistory_IsFalseOfWhatIsInvalidAlready(int seed)
    {
        var history = new RandomHistory(seed, s_bounds);
        var joined = 0;
        for (var step = 0; step < 5_000; step++)
        {
            history.Step();
            foreach (var (ticket, naive) in history.Fills)
            {
                var isValid = history.Naive.StandingOf(naive) == Standing.Valid;
                using var all = history.Table.Intern(ticket, naive.Host, naive.Url, naive.Tags);
                using var known = history.Table.Intern(ticket, naive.Host, naive.Url, []);
                Assert.True(isValid || !history.Table.MayJoin(ticket), $"step {step}");
                Assert.True(isValid || !history.Table.MayJoin(ticket, known, knowsTags: false), $"step {step}");
                Assert.True(isValid == history.Table.MayJoin(ticket, all, knowsTags: true), $"step {step}");
                if (history.Naive.Applied > naive.FillSeq && isValid) joined++;
            }
        }

        Assert.True(joined > 100);
    }

    [Fact]
    public void Check_OfWhatWasInvalidatedBeforeItWasInterned_IsGone()
    {
        var table = new TenantInvalidations(s_bounds);
        using var fill = table.BeginFill();
        Assert.True(table.Apply(new(null, 1, [new(SelectorKind.Tag, "a")], InvalidationMode.Hard)));
        using var late = table.BeginFill();
        using var set = table.Intern(fill, "h", "h/", [new(SelectorKind.Tag, "a")]);
        Assert.Equal(Standing.Gone, table.Check(set, fill.Seq));
        Assert.Equal(Standing.Valid, table.Check(set, late.Seq));
    }

    [Fact]
    public void Intern_AfterTheFetchIsOver_Throws()
    {
        var table = new TenantInvalidations(s_bounds);
        var fill = table.BeginFill();
        fill.Dispose();
        Assert.Throws<ObjectDisposedException>(() => table.Intern(fill, "h", "h/", []));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Apply_Twice_ChangesNothing_AndBehindAGapIsRefused()
    {
        var table = new TenantInvalidations(s_bounds);
        var first = new NumberedInvalidation(null, 1, [Selector.All], InvalidationMode.Hard);
        Assert.True(table.Apply(first));
        using var fill = table.BeginFill();
        using var set = table.Intern(fill, "h", "h/", []);
        Assert.True(table.Apply(first));
        Assert.False(table.Apply(first with { Seq = 3 }));
        Assert.Equal(1, table.Applied);
        Assert.Equal(Standing.Valid, table.Check(set, fill.Seq));
    }

    [Fact]
    public void Apply_OfATagThatAMillionCarry_DoesNotGrowWithThem()
    {
        var table = new TenantInvalidations(s_bounds);
        using var fill = table.BeginFill();
        Selector[] tag = [new(SelectorKind.Tag, "all-products")];
        var sets = new CellSet[20_000];
        for (var i = 0; i < sets.Length; i++) sets[i] = table.Intern(fill, "h", "h/" + i, tag);
        // One cell, whoever carries it: that one is written, and nothing else is looked at.
        var cell = sets[0].Cells.ToArray().Single(c => c.Selector == tag[0]);
        Assert.All(sets, set => Assert.Contains(cell, set.Cells.ToArray()));
        var seq = 0L;
        Assert.InRange(Allocated.Least(() => table.Apply(new(null, ++seq, tag, InvalidationMode.Hard))), 0, 1_000);
        Assert.All(sets, set => Assert.Equal(Standing.Gone, table.Check(set, fill.Seq)));
        foreach (var set in sets) set.Dispose();
        fill.Dispose();
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void Restore_KeepsOutWhatWasFetchedBeforeWhatIsKept()
    {
        var table = new TenantInvalidations(s_bounds);
        using (var restored = table.Restore(7, [new(null, 6, [new(SelectorKind.Tag, "a")], InvalidationMode.Soft), new(null, 7, [new(SelectorKind.Tag, "b")], InvalidationMode.Hard)]))
        {
            Assert.Equal(5, table.KeptFrom);
            Assert.Equal(7, table.Applied);
            using var a = table.Intern(restored, "h", "h/", [new(SelectorKind.Tag, "a")]);
            using var b = table.Intern(restored, "h", "h/", [new(SelectorKind.Tag, "b")]);
            Assert.Equal(Standing.Soft, table.Check(a, 5));
            Assert.Equal(Standing.Valid, table.Check(a, 6));
            Assert.Equal(Standing.Gone, table.Check(b, 6));
        }

        Assert.Equal(0, table.Count);
        Assert.True(table.Apply(new(null, 8, [Selector.All], InvalidationMode.Hard)));
    }

    [Fact]
    public async Task Check_WhileOthersApplyAndFill_NeverFindsValidWhatWasAcknowledgedAsInvalid()
    {
        var table = new TenantInvalidations(new InvalidationBounds(SelectorsMax: 50, PrefixesMax: 5));
        var acknowledged = new long[16];
        using var end = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            var random = new Random(1);
            for (var seq = 1L; seq <= 30_000; seq++)
            {
                var key = random.Next(acknowledged.Length);
                var selector = (seq % 4) switch
                {
                    0 => new Selector(SelectorKind.Tag, "t" + key), 1 => new(SelectorKind.Url, $"h/{key}/x"), 2 => new(SelectorKind.Prefix, $"h/{key}/"), _ => new Selector(SelectorKind.Group, "o g" + key),
                };
                table.Apply(new(null, seq, [selector], InvalidationMode.Hard));
                Volatile.Write(ref acknowledged[key], seq);
            }

            end.Cancel();
        }, TestContext.Current.CancellationToken);
        var readers = Enumerable.Range(0, 3).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            while (!end.IsCancellationRequested)
            {
                var key = random.Next(acknowledged.Length);
                using var fill = table.BeginFill();
                using var set = table.Intern(fill, "h", $"h/{key}/x", [new(SelectorKind.Tag, "t" + key), new(SelectorKind.Group, "o g" + key)]);
                for (var i = 0; i < 20; i++)
                {
                    var known = Volatile.Read(ref acknowledged[key]);
                    Assert.False(table.Check(set, fill.Seq) == Standing.Valid && known > fill.Seq);
                }
            }
        })).ToArray();
        await writer;
        await Task.WhenAll(readers);
        Assert.Equal(0, table.Count);
    }
}
