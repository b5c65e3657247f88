using System.Globalization;

namespace OrleansGateway.Bench.Load;

/// <summary>CPU time and memory of a process and its children, from <c>/proc</c>. Without a process, nothing is measured.</summary>
internal sealed class ProcessMeter(int pid)
{
    // CLK_TCK: 100 on every Linux that .NET runs on.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly int[] _tree = pid == 0 ? [] : [pid, .. ChildrenOf(pid)];

    /// <summary>User and system time so far.</summary>
    public TimeSpan Cpu() => _tree.Select(p => Fields(p)).Aggregate(TimeSpan.Zero, (sum, f) => sum + Tick * (Number(f[11]) + Number(f[12])));

    /// <summary>Resident memory in MB (1,000,000 bytes).</summary>
    public double ResidentMB() => _tree.Sum(p => Number(Fields(p)[21])) * (double)Environment.SystemPageSize / 1e6;

    /// <summary>Forgets the most memory so far (proc(5): clear_refs).</summary>
    public void ForgetPeak()
    {
        foreach (var process in _tree) File.WriteAllText($"/proc/{process}/clear_refs", "5");
    }

    /// <summary>Most resident memory since it was forgotten, in MiB; of several processes, which need not have had theirs at one time, the sum.</summary>
    public double PeakMiB() => _tree.Sum(p => StatusKiB(p, "VmHWM:")) / 1024.0;

    /// <summary>Resident memory in MiB.</summary>
    public double ResidentMiB() => _tree.Sum(p => StatusKiB(p, "VmRSS:")) / 1024.0;

    // "VmRSS:	   21004 kB"
    private static long StatusKiB(int process, string name) =>
        Number(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim().Split(' ')[0]);

    private static IEnumerable<int> ChildrenOf(int parent) =>
        from folder in Directory.EnumerateDirectories("/proc")
        where int.TryParse(Path.GetFileName(folder), out _)
        let child = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)
        where IsChild(child, parent)
        select child;

    private static bool IsChild(int child, int parent)
    {
        try
        {
            return Number(Fields(child)[1]) == parent;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // proc(5): the name, in brackets, may hold blanks; what follows it starts with field 3, the state.
    private static string[] Fields(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
