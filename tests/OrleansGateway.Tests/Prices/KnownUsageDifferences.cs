namespace OrleansGateway.Tests.Prices;

/// <summary>
/// The recorded usages that we read or price otherwise than what stands beside them, each with its reason: <c>known-usage-differences.txt</c>. In it a line with <c>#</c> is a
/// reason, and those below it are flavours with the numbers of their bodies.
/// </summary>
internal static class KnownUsageDifferences
{
    /// <summary>How many there are. May shrink, never grow.</summary>
    public const int Count = 690;

    private static string PathOfList => Repository.PathOf("tests/OrleansGateway.Tests/Prices/known-usage-differences.txt");

    /// <summary>The reason of each, by number and flavour.</summary>
    public static Dictionary<string, string> Read()
    {
        var (reasons, reason) = (new Dictionary<string, string>(), "");
        foreach (var line in File.ReadLines(PathOfList).Where(l => l.Length > 0))
        {
            if (line[0] == '#')
            {
                reason = line[1..].Trim();
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            foreach (var number in line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)) reasons.Add($"{number} {line[..colon]}", reason);
        }

        return reasons;
    }
}
