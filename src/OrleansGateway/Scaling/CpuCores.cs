namespace OrleansGateway.Scaling;

/// <summary>How many processors the process may use.</summary>
internal static class CpuCores
{
    private const string Root = "/sys/fs/cgroup";
    private const string Own = "/proc/self/cgroup";

    /// <summary>Those of the machine that it is bound to, or what its control group allows: half a processor is 0.5. The runtime's own count is whole processors.</summary>
    public static double Allowed() => Math.Min(Environment.ProcessorCount, Quota(Root, File.Exists(Own) ? File.ReadAllText(Own) : "") ?? double.PositiveInfinity);

    /// <summary>What control groups allow; none if they do not say.</summary>
    /// <param name="root">Where they are mounted.</param>
    /// <param name="own">The text of <c>/proc/self/cgroup</c>.</param>
    public static double? Quota(string root, string own)
    {
        // Version 2 has one tree, whose line begins so. In a container its root is the container's own group.
        var path = own.Split('\n').FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?["0::".Length..].Trim('/') ?? "";
        double? least = null;
        // Each group has a part of what the one above it has.
        for (string? group = path; group is not null; group = group.Length == 0 ? null : Path.GetDirectoryName(group))
        {
            if (QuotaOf(Path.Combine(root, group)) is { } quota && !(quota >= least)) least = quota;
        }

        return least ?? FormerQuota(Path.Combine(root, "cpu"));
    }

    private static double? QuotaOf(string folder) => TextOf(Path.Combine(folder, "cpu.max"))?.Split(' ') is [var quota, var period] ? Ratio(quota, period) : null;

    // Version 1.
    private static double? FormerQuota(string folder) =>
        TextOf(Path.Combine(folder, "cpu.cfs_quota_us")) is { } quota && TextOf(Path.Combine(folder, "cpu.cfs_period_us")) is { } period ? Ratio(quota, period) : null;

    // The quota of a group without one is the word max, or -1 in version 1.
    private static double? Ratio(string quota, string period) =>
        long.TryParse(quota, CultureInfo.InvariantCulture, out var allowed) && long.TryParse(period, CultureInfo.InvariantCulture, out var of) && allowed > 0 && of > 0
            ? allowed / (double)of : null;

    private static string? TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
