using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>What one edge has stored is judged by another, which follows the same sequence, began later, and is behind.</summary>
public sealed class RememberedInvalidationsTests(ITestOutputHelper output)
{
    private static readonly string[] s_tenants = ["acme", "globex", "initech", "umbrella"];

    private readonly InvalidationTable _table = new();

    [Theory]
    [InlineData(1, 100_000)] [InlineData(2, 100_000)] [InlineData(3, 100_000)] [InlineData(4, 100_000)] [InlineData(5, 100_000)] [InlineData(6, 4)] [InlineData(7, 4)] [InlineData(8, 30)]
    public void TryIntern_OverAnyHistory_IsNeverBetterThanTheNaiveTable(int seed, int rememberedMax)
    {
        var random = new Random(seed);
        var bounds = new InvalidationBounds(SelectorsMax: rememberedMax, PrefixesMax: rememberedMax, RememberedMax: rememberedMax * 2);
        var (writer, reader) = (new InvalidationTable(bounds), new InvalidationTable(bounds));
        var (all, stored, held, valid) = (new List<NumberedInvalidation>(), new List<Shared>(), new List<(Shared Entry, CellSet Set)>(), 0);
        writer.Remember(0);
        long? read = null;
        for (var step = 0; step < 6_000; step++)
        {
            switch (random.Next(10))
            {
                case < 3:
                    all.Add(Next(random, all.Count + 1));
                    writer.ApplyShared(all[^1]);
                    break;
                case < 5:
                    stored.Add(Shared.Of(random, writer));
                    break;
                case < 7 when read is { } at && at < all.Count:
                    reader.ApplyShared(all[(int)at]);
                    read = at + 1;
                    break;
                case < 7 when read is null && step > 1_000:
                    read = Math.Max(0, all.Count - random.Next(200));
                    reader.Remember(read.Value);
                    break;
                case 7 when held.Count > 0:
                    held[^1].Set.Dispose();
                    held.RemoveAt(held.Count - 1);
                    break;
                default:
                    if (read is null || stored.Count == 0) break;
                    var entry = stored[^random.Next(1, Math.Min(stored.Count, 400) + 1)];
                    if (reader.Of(entry.Tenant).TryIntern(entry.FillSeq, entry.Entry.Url, [.. entry.Selectors]) is { } set) held.Insert(random.Next(held.Count + 1), (entry, set));
                    break;
            }

            foreach (var (entry, set) in held)
            {
                var (told, naive) = (set.Check(entry.FillSeq), entry.StandingBy(all, (int)(read ?? 0)));
                Assert.True(told >= naive, $"step {step}: {told}, and it is {naive}: {entry} by {read}");
                if (told == Standing.Valid) valid++;
            }
        }

        output.WriteLine($"{valid} times valid");
        Assert.True(valid > 500);
    }

    [Fact]
    public void TryIntern_OfWhatWasFetchedBeforeAnythingIsKnown_IsNone()
    {
        _table.Remember(10);
        Assert.Null(Intern("acme", 9));
        Assert.NotNull(Intern("acme", 10));
        Assert.Null(Intern(null, 9));
        Assert.NotNull(Intern(null, 10));
    }

    [Fact]
    public void TryIntern_WhereNothingIsRemembered_IsNone() => Assert.Null(Intern("acme", 10));

    [Fact]
    public void TryIntern_OfATenantNobodyHadHeardOf_KnowsWhatWasInvalidatedOfIt()
    {
        _table.Remember(10);
        _table.ApplyShared(new NumberedInvalidation("acme", 11, [new(SelectorKind.Tag, "a")], InvalidationMode.Hard));
        _table.ApplyShared(new NumberedInvalidation("globex", 12, [new(SelectorKind.Tag, "a")], InvalidationMode.Hard));
        Assert.Equal(Standing.Gone, Intern("acme", 10)!.Check(10));
        Assert.Equal(Standing.Valid, Intern("acme", 11)!.Check(11));
        Assert.Equal(Standing.Valid, Intern("initech", 10)!.Check(10));
    }

    [Fact]
    public void Fill_OfATenantNobodyHadHeardOf_BeginsWhereTheSequenceStands()
    {
        _table.Remember(10);
        _table.ApplyShared(new NumberedInvalidation("acme", 11, [Selector.All], InvalidationMode.Hard));
        using var fill = _table.Of("globex").BeginFill();
        Assert.Equal(11, fill.Seq);
    }

    [Fact]
    public void TryIntern_AfterAllTenantsWereInvalidated_TakesNothingOlderOfThoseThatCameLater()
    {
        _table.Remember(10);
        _table.ApplyShared(new NumberedInvalidation(Mapping.AllTenants, 11, [new(SelectorKind.Tag, "a")], InvalidationMode.Hard));
        Assert.Null(Intern("acme", 10));
        Assert.NotNull(Intern("acme", 11));
    }

    private CellSet? Intern(string? tenant, long fillSeq) => _table.Of(tenant).TryIntern(fillSeq, "h/", [new(SelectorKind.Tag, "a"), new(SelectorKind.Url, "h/")]);

    private static NumberedInvalidation Next(Random random, long seq) => new(
        random.Next(12) switch { 0 => Mapping.AllTenants, 1 => null, _ => s_tenants[random.Next(s_tenants.Length)] }, seq,
        [random.Next(30) switch
        {
            0 => Selector.All,
            < 3 => new Selector(SelectorKind.Host, "h" + random.Next(3)),
            < 8 => new Selector(SelectorKind.Prefix, $"h{random.Next(3)}/{random.Next(3)}"),
            < 14 => new Selector(SelectorKind.Url, $"h{random.Next(3)}/{random.Next(3)}/{random.Next(9)}"),
            _ => new Selector(SelectorKind.Tag, "t" + random.Next(60)),
        }],
        (InvalidationMode)random.Next(2));

    private sealed record Shared(string? Tenant, NaiveEntry Entry)
    {
        public long FillSeq => Entry.FillSeq;

        public IEnumerable<Selector> Selectors => [.. Entry.Tags, new(SelectorKind.Host, Entry.Host), new(SelectorKind.Url, Entry.Url)];

        public static Shared Of(Random random, InvalidationTable table)
        {
            var tenant = random.Next(6) == 0 ? null : s_tenants[random.Next(s_tenants.Length)];
            using var fill = table.Of(tenant).BeginFill();
            var host = "h" + random.Next(3);
            return new Shared(tenant, new NaiveEntry(host, $"{host}/{random.Next(3)}/{random.Next(9)}", [new(SelectorKind.Tag, "t" + random.Next(60))], fill.Seq));
        }

        public Standing StandingBy(IReadOnlyList<NumberedInvalidation> all, int applied)
        {
            var standing = Standing.Valid;
            foreach (var one in all.Take(applied).Where(one => one.Seq > FillSeq && (one.Tenant == Tenant || one.Tenant == Mapping.AllTenants) && one.Selectors.Any(Entry.IsSelectedBy)))
            {
                if (one.Mode == InvalidationMode.Hard) return Standing.Gone;
                standing = Standing.Soft;
            }

            return standing;
        }
    }
}
