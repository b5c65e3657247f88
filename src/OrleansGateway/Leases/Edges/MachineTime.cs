using System.Runtime.InteropServices;

namespace OrleansGateway.Leases.Edges;

/// <summary>
/// The time of a Linux machine, asleep or awake. .NET's timestamps there are CLOCK_MONOTONIC, which stands still while the machine is suspended, and so is TickCount64: an edge would go on
/// with leases that its owner has given to others meanwhile. These are CLOCK_BOOTTIME, at the same 22 ns. The wall clock is the coarse one: right to 10 ms, for 3 ns in place of 25.
/// </summary>
internal sealed class MachineTime : TimeProvider
{
    private const int BoottimeClock = 7;
    private const int RealtimeCoarseClock = 5;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private MachineTime()
    {
    }

    public override long TimestampFrequency => NanosecondsPerSecond;

    /// <summary>
    /// The time to go by where this is the system's; any other is left as it is. Timestamps of Windows count sleep already; those of macOS do not, and the wall clock shows it
    /// (<see cref="Standstill"/>).
    /// </summary>
    public static TimeProvider Of(TimeProvider time) => time == System && OperatingSystem.IsLinux() && TryGetTime(BoottimeClock, out _) == 0 ? new MachineTime() : time;

    public override long GetTimestamp()
    {
        _ = TryGetTime(BoottimeClock, out var time);
        return (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds;
    }

    public override DateTimeOffset GetUtcNow()
    {
        _ = TryGetTime(RealtimeCoarseClock, out var time);
        return DateTimeOffset.UnixEpoch.AddTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick));
    }

    // Without a change of the thread's state for the garbage collector: it is answered in user space, in some 20 ns.
    [DllImport("libc", EntryPoint = "clock_gettime", ExactSpelling = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories), SuppressGCTransition]
    private static extern int TryGetTime(int clock, out ClockTime time);

    /// <summary>As the system's <c>timespec</c> on 64 bits.</summary>
    private readonly struct ClockTime
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
