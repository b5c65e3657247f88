using System.Diagnostics;

namespace OrleansGateway.Bench.Micro;

/// <summary>What a process needs more than when this was made, of live objects and in all.</summary>
internal sealed class MemoryMeter
{
    private readonly long _managed;
    private readonly long _resident;

    public MemoryMeter()
    {
        _managed = Collected();
        _resident = Resident();
    }

    public MemoryUsed Read()
    {
        var managed = Collected();
        return new((managed - _managed) / 1e6, (Resident() - _resident) / 1e6);
    }

    // Aggressive: what is free goes back to the system, so that resident memory says something.
    private static long Collected()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static long Resident()
    {
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}

/// <summary>Live objects, and memory resident in all, in 10⁶ bytes.</summary>
internal readonly record struct MemoryUsed(double Megabytes, double ResidentMegabytes)
{
    public override string ToString() => $"{Megabytes:F0} MB of live objects, {ResidentMegabytes:F0} MB resident";
}
