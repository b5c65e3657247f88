using System.Security.Cryptography;
using OrleansGateway.Cluster.Wire;
using OrleansGateway.Invalidation;
using OrleansGateway.Leases.Edges;
using OrleansGateway.Leases.Owners;

namespace OrleansGateway.Cluster.Invalidation;

/// <summary>
/// Applies on this edge what the hub numbers, in its order and without a gap, and says how long what is stored here may be trusted: for as long as the hub has been heard from.
/// </summary>
/// <param name="grains">Where the hub is.</param>
/// <param name="table">What is applied here.</param>
/// <param name="remembers">How many invalidations from before it begins are applied and remembered, so that what other edges have stored can be judged; 0 for none.</param>
/// <param name="time">Clock.</param>
/// <param name="log">For what is missed.</param>
internal sealed class HubFollower(IGrainFactory grains, InvalidationTable table, int remembers, TimeProvider time, ILogger<HubFollower> log) : IAsyncDisposable
{
    /// <summary>The hub's key: there is one.</summary>
    public const string Key = "all";

    private static readonly TimeSpan s_askAgain = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_leaveMax = TimeSpan.FromSeconds(1);

    private readonly Guid _edge = new(RandomNumberGenerator.GetBytes(16));
    private readonly OwnerClock _clock = new(MachineTime.Of(time));
    private readonly CancellationTokenSource _stop = new();
    private EdgeAuthority _authority = new(InvalidationHub.SilenceMax);
    private volatile TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _following = Task.CompletedTask;
    private long _life;
    private long _applied = -1;
    private long _wholeAt = long.MinValue;
    private Heard? _heard;
    private bool _isLost;

    /// <summary>The last that has been applied here; -1 before the hub was first heard.</summary>
    public long Applied => Volatile.Read(ref _applied);

    /// <summary>All that was numbered longer ago than this is applied here; none before the hub was first heard.</summary>
    public TimeSpan? Lag => Volatile.Read(ref _wholeAt) is > long.MinValue and var at && _clock.Now.Monotonic - new TimeSpan(at) is var lag ? lag : null;

    /// <summary>Trusts nothing until the hub is heard; asks it from now on.</summary>
    public void Start()
    {
        table.Trust.Limit(() => _clock.Now.Monotonic);
        _following = FollowAsync();
    }

    /// <summary>The last number given, as the hub says when it is asked from now on.</summary>
    public async Task<long> HeadAsync(CancellationToken cancellation)
    {
        var now = _clock.Now.Monotonic;
        while (true)
        {
            var progress = _progress.Task;
            if (Volatile.Read(ref _heard) is { } heard && heard.Asked >= now) return heard.Head;
            await progress.WaitAsync(cancellation);
        }
    }

    /// <summary>Returns when it has been applied here.</summary>
    public async Task AppliedAsync(long seq, CancellationToken cancellation)
    {
        while (true)
        {
            var progress = _progress.Task;
            if (Applied >= seq) return;
            await progress.WaitAsync(cancellation);
        }
    }

    /// <summary>Trusts nothing any more, and tells the hub that it need not wait for this edge.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        table.Trust.Until(TimeSpan.MinValue);
        try
        {
            await grains.GetGrain<IInvalidationHubGrain>(Key).LeaveAsync(_edge, CancellationToken.None).WaitAsync(s_leaveMax, time);
        }
#pragma warning disable CA1031 // Whatever Orleans throws: the hub then waits a little.
        catch (Exception unheard)
#pragma warning restore CA1031
        {
            log.NotTold(unheard.Message);
        }

        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var asked = _clock.Now.Monotonic;
                var hearing = new WireHearing { Edge = _edge, Applied = Applied < 0 ? null : Applied };
                Apply((await grains.GetGrain<IInvalidationHubGrain>(Key).HearAsync(hearing, _stop.Token)).ToAnswer(), asked);
                Tell(isLost: false, "");
            }
#pragma warning disable CA1031 // Orleans has dozens, and passes on those of the other side; they all mean that nothing was heard.
            catch (Exception unheard)
#pragma warning restore CA1031
            {
                if (_stop.IsCancellationRequested) return;
                if (table.Trust.IsOver) Tell(isLost: true, unheard.Message);
                await Task.WhenAny(Task.Delay(s_askAgain, time, _stop.Token));
            }
        }
    }

    private void Apply(HubAnswer answer, TimeSpan asked)
    {
        // Another has taken over from the one that says so: its word counts.
        if (answer.Life < _life) return;
        _life = answer.Life;
        var applied = Applied;
        if (answer.IsAnew) applied = BeginAnew(applied, answer.Head);

        foreach (var next in answer.Next)
        {
            if (next.Seq != applied + 1) throw new InvalidOperationException($"Behind {applied} comes {next.Seq}.");
            table.ApplyShared(next);
            applied = next.Seq;
        }

        Volatile.Write(ref _applied, applied);
        _authority.HasApplied(applied);
        _authority.Heard(answer.Head, asked);
        table.Trust.Until(_authority.TrustedUntil);
        if (applied >= answer.Head) Volatile.Write(ref _wholeAt, asked.Ticks);
        Volatile.Write(ref _heard, new Heard(asked, answer.Head));
        var progress = _progress;
        _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        progress.TrySetResult();
    }

    /// <summary>Where it goes on: at the head with nothing that is valid, or so far behind it as it is to remember.</summary>
    private long BeginAnew(long applied, long head)
    {
        if (applied < 0 && remembers > 0)
        {
            var from = Math.Max(0, head - remembers);
            table.Remember(from);
            return from;
        }

        if (applied >= 0) log.Anew(applied, head);
        table.Forget(head);
        return head;
    }

    private void Tell(bool isLost, string reason)
    {
        if (isLost == _isLost) return;
        _isLost = isLost;
        if (isLost) log.Lost(reason);
        else log.Back();
    }

    private sealed record Heard(TimeSpan Asked, long Head);
}

internal static partial class HubFollowerLog
{
    [LoggerMessage(2850, LogLevel.Warning, "Nothing is heard of the cluster's invalidations; what is cached here is not trusted until it is: {Reason}")]
    public static partial void Lost(this ILogger log, string reason);

    [LoggerMessage(2851, LogLevel.Information, "The cluster's invalidations are heard again")]
    public static partial void Back(this ILogger log);

    [LoggerMessage(2852, LogLevel.Warning, "Invalidations from {Applied} to {Head} were missed and are forgotten; all that was cached here is invalid")]
    public static partial void Anew(this ILogger log, long applied, long head);

    [LoggerMessage(2853, LogLevel.Debug, "The hub was not told that this edge leaves: {Reason}")]
    public static partial void NotTold(this ILogger log, string reason);
}
