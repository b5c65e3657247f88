namespace OrleansGateway.Tests.Prices;

/// <summary>Every usage recorded from real providers gives the tokens and the cost that stand beside it, but for the differences that are listed with their reasons.</summary>
public sealed class RecordedUsageTests
{
    [Fact]
    public void Read_OfEveryRecordedUsage_GivesItsTokensByClassAndItsCost()
    {
        var known = KnownUsageDifferences.Read();
        var (count, failures) = (0, new List<string>());
        foreach (var usage in RecordedUsage.All())
        {
            count++;
            var difference = usage.Difference();
            var reason = known.GetValueOrDefault(usage.Name);
            if (difference is not null && reason is null) failures.Add($"{usage.Name}: {difference}");
            if (difference is null && reason is not null) failures.Add($"{usage.Name}: is right, though listed as: {reason}");
        }

        Assert.True(count > 4_000, $"{count} usages");
        Assert.True(failures.Count == 0, $"{failures.Count} of {count}:\n{string.Join('\n', failures)}");
    }

    [Fact]
    public void KnownDifferences_AreNoMoreThanThereWere() => Assert.Equal(KnownUsageDifferences.Count, KnownUsageDifferences.Read().Count);
}
