using System.Security.Cryptography;
using OrleansGateway.Admin;
using OrleansGateway.Configuration;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Storage;

namespace OrleansGateway.Cluster.Nodes;

/// <summary>
/// Tells the other nodes of this one, once a second, by a row in the database, and hears there whether it is to leave. That reaches edges too, which nobody can call, and whoever has the
/// database sees all of them.
/// </summary>
internal sealed class NodeReporter : IAsyncDisposable
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_forgetMax = TimeSpan.FromSeconds(1);

    private readonly PostgresNodes _nodes;
    private readonly NodeDocument _node;
    private readonly SiloFigures? _silo;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _leave = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _telling;
    private volatile EdgeFigures? _edge;
    private volatile bool _isLeaving;
    private bool _isUntold;

    /// <param name="nodes">Where it is told.</param>
    /// <param name="settings">Which node this is.</param>
    /// <param name="role">What it is.</param>
    /// <param name="silo">What it does as a silo; none if it is none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where faults are told.</param>
    public NodeReporter(PostgresNodes nodes, ClusterSettings settings, ClusterRole role, SiloFigures? silo, TimeProvider time, ILogger<NodeReporter> log)
    {
        (_nodes, _silo, _time, _log) = (nodes, silo, time, log);
        var id = "node_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        _node = new NodeDocument(
            id, Environment.MachineName, settings.Silo.ToString(), role.ToString().ToLowerInvariant(), StatusSource.ProgramVersion, time.GetUtcNow(),
            role == ClusterRole.Silo ? "ready" : "starting", Ready: role == ClusterRole.Silo, 0, Silo: null, Edge: null);
        _telling = TellAsync();
    }

    /// <summary>Cancelled when this node is told to leave.</summary>
    public CancellationToken ToldToLeave => _leave.Token;

    /// <summary>The gateway on this node, once there is one.</summary>
    public void Shows(EdgeFigures edge) => _edge = edge;

    /// <summary>Begins to leave.</summary>
    public void Leaves() => _isLeaving = true;

    /// <summary>Has left: after all else.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await _telling;
        try
        {
            using var limit = new CancellationTokenSource(s_forgetMax, _time);
            await _nodes.ForgetAsync(_node.Id, limit.Token).WaitAsync(s_forgetMax, _time);
        }
        catch (Exception unwritten) when (unwritten is LedgerException or TimeoutException or OperationCanceledException)
        {
            // The others forget it by themselves.
            _log.NotForgotten(unwritten.Message);
        }

        _leave.Dispose();
    }

    private NodeDocument Now()
    {
        var node = _node with { Silo = _silo?.Now() };
        if (_edge?.Now() is var (state, isReady, figures)) node = node with { State = state, Ready = isReady, Edge = figures };
        return _isLeaving || _leave.IsCancellationRequested ? node with { State = "draining", Ready = false } : node;
    }

    private async Task TellAsync()
    {
        using var timer = new PeriodicTimer(s_every, _time);
        try
        {
            do
            {
                await TellOnceAsync();
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // Has left.
        }
    }

    private async Task TellOnceAsync()
    {
        try
        {
            if (await _nodes.TellAsync(Now(), _stop.Token) && !_leave.IsCancellationRequested)
            {
                _log.ToldToLeave();
                // Not here: whoever hears of it would hold this up.
                _leave.CancelAfter(TimeSpan.Zero);
            }

            _isUntold = false;
        }
        catch (LedgerException untold)
        {
            if (!_isUntold) _log.Untold(untold.Message);
            _isUntold = true;
        }
    }
}

internal static partial class NodeReporterLog
{
    [LoggerMessage(2440, LogLevel.Information, "An operator has told this node to leave the cluster")]
    public static partial void ToldToLeave(this ILogger log);

    [LoggerMessage(2441, LogLevel.Warning, "The other nodes cannot be told of this one, nor can it hear that it is to leave: {Reason}")]
    public static partial void Untold(this ILogger log, string reason);

    [LoggerMessage(2442, LogLevel.Information, "The other nodes were not told that this one has left, and show it for a while: {Reason}")]
    public static partial void NotForgotten(this ILogger log, string reason);
}
