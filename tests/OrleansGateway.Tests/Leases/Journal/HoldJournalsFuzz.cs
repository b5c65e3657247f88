using OrleansGateway.Leases;
using OrleansGateway.Leases.Journal;

namespace OrleansGateway.Tests.Leases.Journal;

/// <summary>
/// Journals that somebody or something has damaged. Reading them never fails; what stands before the damage counts; and findings are whole only if they are what an undamaged journal says.
/// </summary>
public sealed class HoldJournalsFuzz : IDisposable
{
    private readonly JournalBed _bed = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task ReadOthers_OfDamagedFiles_NeverFailsNorClaimsToBeWholeWithSomethingMissing(int seed)
    {
        var random = new Random(seed);
        var expected = await WriteAsync(random, tidies: seed % 2 == 0);
        var files = Files().ToDictionary(f => f, File.ReadAllBytes);
        for (var damage = 0; damage < 300; damage++)
        {
            var what = Damage(random, files);
            var found = _bed.Find();
            if (found.IsWhole) Assert.True(expected == JournalModel.Describe(found), $"damage {damage}: {what}");
            foreach (var (path, bytes) in files) File.WriteAllBytes(path, bytes);
        }

        Assert.Equal(expected, JournalModel.Describe(_bed.Find()));
    }

    // One segment, in which each entry spends: cut or changed at any place, what was spent before that place is found, and no more than was spent in all.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadOthers_OfASegmentDamagedAnywhere_CountsWhatStandsBefore(bool isCut)
    {
        const int holds = 12;
        await using (var journal = _bed.Open(new JournalSize(8 * 1024, 8)))
        {
            var lease = journal.Opened(new AccountId("budgets.a", "x"), 1, 0);
            for (var hold = 0; hold < holds; hold++)
            {
                journal.Held(hold, "r", [new Charge(lease, 9)]);
                journal.Ended(hold, [new Charge(lease, 1)]);
            }
        }

        var path = Files().Single(f => f.EndsWith("1.segment", StringComparison.Ordinal));
        var whole = File.ReadAllBytes(path);
        const int pair = (2 * (JournalEntry.HeadLength + JournalEntry.ChargeLength)) + 1;
        var begin = JournalFile.HeaderLength + JournalEntry.HeadLength + 24 + (2 * "budgets.ax".Length);
        for (var at = 0; at < begin + (holds * pair); at++)
        {
            var bytes = isCut ? whole[..at] : [.. whole];
            if (!isCut) bytes[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(path, bytes);
            var found = _bed.Find();
            var spent = found.Leases.Sum(l => l.Spent);
            // The fixed part of the header, and the mark, say whether anything counts, and how far.
            var isHeader = at is < JournalFile.FixedLength or (>= JournalFile.HeaderLength and < JournalFile.HeaderLength) || (isCut && at < JournalFile.HeaderLength);
            var before = isHeader ? 0 : at < JournalFile.HeaderLength ? holds : Math.Max(0, (at - begin) / pair);
            Assert.True(spent >= before && spent <= holds, $"at {at}: {spent}, {before} stand before it");
            var isUnused = !isCut && at is >= JournalFile.FixedLength and < JournalFile.HeaderLength and not (>= JournalFile.MarkOffset and < JournalFile.MarkOffset + 8);
            Assert.True(found.IsWhole == isUnused, $"at {at}: whole {found.IsWhole}");
        }
    }

    public void Dispose() => _bed.Dispose();

    private IEnumerable<string> Files() =>
        Directory.GetFiles(_bed.SessionPath).Where(f => !f.EndsWith("lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private async Task<string> WriteAsync(Random random, bool tidies)
    {
        await using var journal = _bed.Open(new JournalSize(4 * 1024, 8));
        var model = new JournalModel(journal, random);
        for (var step = 0; step < (tidies ? 600 : 60) || model.OpenHolds == 0; step++)
        {
            model.Step();
            if (tidies && step % 10 == 0) journal.Tidy();
        }

        return model.Expected;
    }

    private static string Damage(Random random, Dictionary<string, byte[]> files)
    {
        var path = files.Keys.Order(StringComparer.Ordinal).ElementAt(random.Next(files.Count));
        var bytes = files[path].ToArray();
        var (at, kind) = (random.Next(bytes.Length), random.Next(6));
        switch (kind)
        {
            case 0:
                File.Delete(path);
                break;
            case 1:
                File.WriteAllBytes(path, bytes[..at]);
                break;
            case 2:
                random.NextBytes(bytes.AsSpan(at, Math.Min(bytes.Length - at, 1 + random.Next(64))));
                File.WriteAllBytes(path, bytes);
                break;
            case 3:
                bytes.AsSpan(at, Math.Min(bytes.Length - at, 512)).Clear();
                File.WriteAllBytes(path, bytes);
                break;
            case 4:
                // Another file in its place: an old copy, say.
                File.WriteAllBytes(path, files.Values.ElementAt(random.Next(files.Count)));
                break;
            default:
                // Where the entries are, most of the time.
                bytes[random.Next(Math.Min(bytes.Length, 2_000))] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(path, bytes);
                break;
        }

        return $"{kind} at {at} of {Path.GetFileName(path)}";
    }
}
