namespace OrleansGateway.Shedding;

/// <summary>How much memory the process holds of what it may have.</summary>
internal static class ProcessMemory
{
    /// <summary>
    /// 1 is all of it. What it may have is the runtime's own figure, which knows of containers: of their limit, the share that the heap may grow to. Held is what
    /// the heap has given out, plus all that is not heap. Pages that the heap keeps for later are not counted: a process would seem full for long after a peak.
    /// </summary>
    public static double ShareHeld()
    {
        var heap = GC.GetTotalMemory(forceFullCollection: false);
        var last = GC.GetGCMemoryInfo();
        // The committed size is that of the last collection; what was given out since may be on pages newer than that.
        var grown = Math.Max(0, heap - (last.HeapSizeBytes - last.FragmentedBytes));
        var other = Math.Max(0, Environment.WorkingSet - last.TotalCommittedBytes - grown);
        return (heap + other) / (double)last.TotalAvailableMemoryBytes;
    }
}
