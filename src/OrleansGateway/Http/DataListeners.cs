using System.Net.Sockets;
using OrleansGateway.Configuration;
using OrleansGateway.Http.Listening;

namespace OrleansGateway.Http;

/// <summary>
/// The addresses that clients call, each a Kestrel server of its own without ASP.NET's hosting pipeline above it: one can be added or taken away
/// while the others serve, and a request goes from the socket to the stages with nothing between.
/// </summary>
internal sealed class DataListeners(Pipeline pipeline, TimeProvider time, ILoggerFactory logs) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly List<Task> _retiring = [];
    private readonly ConnectionCount _count = new();
    private IReadOnlyList<AddressServer> _servers = [];
    private CancellationTokenSource? _hurry = new();
    private bool _draining;

    /// <summary>Addresses bound now, in the order of the configuration, with the port that a port 0 became.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>
    /// Binds what the configuration adds, changes how the rest is served from the next connection on, and lets go of what it drops, whose requests finish. If an
    /// address cannot be bound, nothing changes and the reason is returned.
    /// </summary>
    public async Task<string?> ApplyAsync(Snapshot snapshot, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            // A reload during the drain must not open again what the drain has closed.
            return _draining ? "The gateway is stopping." : await ListenAsync(snapshot, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes no new connection and waits for the requests in flight, until cancelled.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        await using var hurry = cancellation.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _hurry);
        await _turn.WaitAsync(CancellationToken.None);
        _draining = true;
        Retire(_servers);
        _servers = [];
        _turn.Release();
        await Task.WhenAll(_retiring);
    }

    public async ValueTask DisposeAsync()
    {
        if (_hurry is null) return;
        await _hurry.CancelAsync();
        await DrainAsync(CancellationToken.None);
        _hurry.Dispose();
        _hurry = null;
        _turn.Dispose();
    }

    private async Task<string?> ListenAsync(Snapshot snapshot, CancellationToken cancellation)
    {
        // Matched one by one, not by a set: port 0 may stand twice and then means two ports.
        var (next, added, left) = (new List<(AddressServer Server, ListenerState State)>(), new List<AddressServer>(), _servers.ToList());
        foreach (var (listener, isQuic) in snapshot.Listeners.SelectMany(ServersOf))
        {
            var state = new ListenerState(listener, snapshot.Settings.Limits);
            var server = left.Find(s => s.IsQuic == isQuic && s.Address.Equals(listener.Address));
            if (server is null || !left.Remove(server)) added.Add(server = new AddressServer(state, isQuic, _count, time, logs));
            next.Add((server, state));
        }

        if (await BindAsync(added, cancellation) is { } reason) return reason;
        foreach (var (server, state) in next) server.Change(state);
        _servers = [.. next.Select(n => n.Server)];
        Addresses = [.. _servers.Select(s => s.Url).Distinct()];
        Retire(left);
        return null;
    }

    private static IEnumerable<(DataListener Listener, bool IsQuic)> ServersOf(DataListener listener)
    {
        if (listener.Http1 || listener.Http2) yield return (listener, IsQuic: false);
        if (listener.Http3) yield return (listener, IsQuic: true);
    }

    /// <summary>Binds all or none.</summary>
    private async Task<string?> BindAsync(List<AddressServer> added, CancellationToken cancellation)
    {
        var address = (IPEndPoint?)null;
        try
        {
            foreach (var server in added)
            {
                address = server.Address;
                await server.StartAsync(pipeline, cancellation);
            }

            return null;
        }
        catch (Exception failed)
        {
            foreach (var server in added) await server.DisposeAsync();
            // A taken address is an IOException; one that is not this machine's, or a port not allowed, is the socket's own.
            if (failed is IOException or SocketException) return $"The address {address} cannot be bound: {(failed.InnerException ?? failed).Message}";
            throw;
        }
    }

    private void Retire(IReadOnlyList<AddressServer> dropped)
    {
        _retiring.RemoveAll(static t => t.IsCompletedSuccessfully);
        _retiring.AddRange(dropped.Select(RetireAsync));
    }

    private async Task RetireAsync(AddressServer server)
    {
        await server.StopAsync(_hurry!.Token);
        await server.DisposeAsync();
    }
}
