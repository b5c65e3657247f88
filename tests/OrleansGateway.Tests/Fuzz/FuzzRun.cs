using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>Runs case after case against one gateway, a few at a time, until the time is up or too many fail.</summary>
internal sealed class FuzzRun(FuzzSettings settings, FuzzGateway gateway, FuzzOrigin[] origins)
{
    /// <summary>Clients at a time: enough for their bytes to get mixed up, and no more than one core's work.</summary>
    private const int Clients = 6;

    /// <summary>Failures after which a run ends: the first alone often does not show what they have in common.</summary>
    private const int FailuresMax = 6;

    /// <summary>Cases a run must come to, per second, to be worth its time.</summary>
    private const int CasesPerSecondMin = 2;

    private readonly ConcurrentDictionary<int, FuzzCase> _inFlight = [];
    private long _end;
    private int _next = -1;
    private int _answered;
    private readonly ConcurrentQueue<string> _failures = [];

    /// <summary>Cases run so far.</summary>
    public int Cases => _next + 1;

    /// <summary>Runs the next ones, for that time; fails if any did.</summary>
    public async Task GoOnAsync(TimeSpan duration, CancellationToken cancellation)
    {
        _end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => ClientAsync(cancellation), cancellation)));
        Assert.True(_failures.IsEmpty, string.Join("\n\n", _failures));
    }

    /// <summary>Fails if it came to so little that it tested nothing.</summary>
    public void AssertWorthIt() => Assert.True(
        settings.Only is not null || (Cases > settings.Duration.TotalSeconds * CasesPerSecondMin && _answered > Cases / 5), $"Only {Cases} cases were run, and {_answered} of them answered.");

    private bool GoesOn(int turn) => _failures.Count < FailuresMax && (settings.Only is null ? Stopwatch.GetTimestamp() < _end : turn < FuzzSettings.Replays);

    private async Task ClientAsync(CancellationToken cancellation)
    {
        while (GoesOn(_next + 1))
        {
            var turn = Interlocked.Increment(ref _next);
            var @case = FuzzCase.Of(settings.Seed, settings.Only ?? turn);
            _inFlight[turn] = @case;
            var fault = await FaultOfAsync(@case, cancellation);
            if (fault is not null) _failures.Enqueue(Told(@case, fault, turn));
            foreach (var origin in origins)
            {
                // Connections to it are shared: what comes of one case may show during another.
                if (origin.Faults.TryDequeue(out var wrong)) _failures.Enqueue(Told(wrong.Case is { } number ? FuzzCase.Of(settings.Seed, number) : @case, wrong.What, turn));
            }

            _inFlight.TryRemove(turn, out _);
        }
    }

    private async Task<string?> FaultOfAsync(FuzzCase @case, CancellationToken cancellation)
    {
        var oracle = new FuzzOracle(@case, settings.Seed);
        var heard = new Heard("", Closed: true);
        try
        {
            heard = await FuzzConnection.RunAsync(gateway.Url, @case, oracle.IsOwed, cancellation);
        }
        catch (System.Net.Sockets.SocketException refused)
        {
            return $"The gateway takes no connection: {refused.Message}{Died()}";
        }

        if (heard.Wire.Length > 0) Interlocked.Increment(ref _answered);
        if (!gateway.IsRunning) return $"The gateway died{Died()}";
        // Not after each: the log is read whole.
        if ((settings.Only is not null || @case.IsClean) && gateway.FreshErrorLines() is { Count: > 0 } lines)
            return $"The gateway failed here, or not long before:\n{string.Join('\n', lines)}";
        if (oracle.Fault(heard) is { } fault) return $"{fault}\n--- heard:\n{Bytes.Shown(heard.Wire)}\n---";
        return null;
    }

    private string Told(FuzzCase @case, string fault, int turn) =>
        $"Case {@case.Number}, replayed by FUZZ_SEED={settings.Seed} FUZZ_CASE={@case.Number}: {fault}\n{Others(turn)}\n--- said, in {@case.Cuts.Count + 1} segments, then {@case.End}:\n{Bytes.Shown(@case.Wire)}\n---";

    private string Died() => gateway.IsRunning ? "" : $":\n{gateway.Log}";

    private string Others(int turn)
    {
        var others = _inFlight.Where(c => c.Key != turn).Select(c => c.Value.Number).Order().ToArray();
        return others.Length == 0 ? "" : $"At the same time ran {string.Join(", ", others)}: it may have been one of these.";
    }
}
