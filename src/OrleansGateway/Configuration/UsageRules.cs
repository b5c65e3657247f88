namespace OrleansGateway.Configuration;

/// <summary>How long usage is kept: sums not shorter than what they are made of.</summary>
internal static class UsageRules
{
    private const string Path = "usage.keep";

    public static void Check(UsageSettings usage, Findings findings)
    {
        if (findings.IsFaulty(Path)) return;
        if (usage.Keep.Records > usage.Keep.Hours) findings.Report(Path, "records", "Records are kept no longer than the sums by hour: raise hours, or lower records.");
        if (usage.Keep.Hours > usage.Keep.Days) findings.Report(Path, "hours", "Sums by hour are kept no longer than those by day: raise days, or lower hours.");
    }
}
