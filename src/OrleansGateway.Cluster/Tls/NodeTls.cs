using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;
using OrleansGateway.Configuration;

namespace OrleansGateway.Cluster.Tls;

/// <summary>
/// TLS around every connection between nodes, where both sides show a certificate of the cluster's authorities. Names in it say nothing: nodes are called by their addresses, and those come
/// from the membership.
/// </summary>
/// <param name="settings">The settings as they are now.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where it is told who was turned away.</param>
internal sealed class NodeTls(Func<ClusterTlsSettings> settings, TimeProvider time, ILogger<NodeTls> log)
{
    /// <summary>Longest time that a handshake may take: whoever opens a connection and is silent does not keep it.</summary>
    private static readonly TimeSpan s_handshakeMax = TimeSpan.FromSeconds(5);

    private static readonly StreamPipeReaderOptions s_read = new(bufferSize: 32 * 1024, minimumReadSize: 4 * 1024, leaveOpen: true);
    private static readonly StreamPipeWriterOptions s_write = new(minimumBufferSize: 4 * 1024, leaveOpen: true);

    private readonly RareWords _refusals = new(time);
    private volatile NodeCertificates? _certificates;

    public void Set(ISiloBuilder silo) => silo.Configure<SiloConnectionOptions>(options =>
    {
        options.ConfigureSiloInboundConnection(connection => connection.Use(next => context => AcceptAsync(context, next)));
        options.ConfigureGatewayInboundConnection(connection => connection.Use(next => context => AcceptAsync(context, next)));
        options.ConfigureSiloOutboundConnection(connection => connection.Use(next => context => CallAsync(context, next)));
    });

    public void Set(IClientBuilder client) => client.Configure<ClientConnectionOptions>(
        options => options.ConfigureConnection(connection => connection.Use(next => context => CallAsync(context, next))));

    private async Task AcceptAsync(ConnectionContext context, ConnectionDelegate next)
    {
        await using var tls = new SslStream(new PipeStream(context.Transport), leaveInnerStreamOpen: true);
        var peer = new Peer();
        if (await ShakenAsync(context, peer, stop => tls.AuthenticateAsServerAsync(Certificates().ForCaller(peer), stop)) is { } reason)
        {
            // Anyone can call: a stranger must not fill the log.
            if (_refusals.May(out var untold)) log.CallerRefused(context.RemoteEndPoint, reason, untold);
            context.Abort();
            return;
        }

        await RunAsync(context, tls, next);
    }

    private async Task CallAsync(ConnectionContext context, ConnectionDelegate next)
    {
        await using var tls = new SslStream(new PipeStream(context.Transport), leaveInnerStreamOpen: true);
        var peer = new Peer();
        if (await ShakenAsync(context, peer, stop => tls.AuthenticateAsClientAsync(Certificates().ForCalled(peer), stop)) is { } reason)
        {
            if (_refusals.May(out var untold)) log.CalledRefused(context.RemoteEndPoint, reason, untold);
            throw new ConnectionAbortedException($"No secure connection to {context.RemoteEndPoint}: {reason}");
        }

        await RunAsync(context, tls, next);
    }

    /// <summary>Why no secure connection came about; nothing if one did.</summary>
    private async Task<string?> ShakenAsync(ConnectionContext context, Peer peer, Func<CancellationToken, Task> handshake)
    {
        using var limit = new CancellationTokenSource(s_handshakeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.ConnectionClosed);
        try
        {
            await handshake(either.Token);
            return null;
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException or OperationCanceledException or InvalidOperationException)
        {
            if (peer.Fault is { } fault) return fault;
            return limit.IsCancellationRequested ? "it did not say what TLS asks for in time" : "it does not speak TLS, or does not accept this node: " + failed.Message;
        }
    }

    private static async Task RunAsync(ConnectionContext context, SslStream tls, ConnectionDelegate next)
    {
        var plain = context.Transport;
        var (input, output) = (PipeReader.Create(tls, s_read), PipeWriter.Create(tls, s_write));
        try
        {
            context.Transport = new Pipes(input, output);
            await next(context);
        }
        finally
        {
            context.Transport = plain;
            await input.CompleteAsync();
            await output.CompleteAsync(new ConnectionAbortedException());
        }
    }

    /// <summary>Made anew when the settings are others, because a file has changed.</summary>
    private NodeCertificates Certificates()
    {
        var now = settings();
        if (_certificates is { } known && ReferenceEquals(known.Settings, now)) return known;
        if (_certificates is { } before && !before.IsOf(now)) log.CertificatesChanged();
        return _certificates = new NodeCertificates(now);
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

internal static partial class NodeTlsLog
{
    [LoggerMessage(2430, LogLevel.Warning, "Refused a connection of {Peer}: {Reason} ({Untold} more were refused before and not told)")]
    public static partial void CallerRefused(this ILogger log, EndPoint? peer, string reason, long untold);

    [LoggerMessage(2431, LogLevel.Warning, "The node at {Peer} cannot be called: {Reason} ({Untold} more could not before and were not told)")]
    public static partial void CalledRefused(this ILogger log, EndPoint? peer, string reason, long untold);

    [LoggerMessage(2432, LogLevel.Information, "The certificates of cluster.tls have changed; new connections between nodes go by them")]
    public static partial void CertificatesChanged(this ILogger log);

    [LoggerMessage(2433, LogLevel.Warning, "What goes between nodes is not encrypted, and whoever reaches {Silo} is one of the cluster: set cluster.tls, or keep it on a network that only nodes are on")]
    public static partial void NotEncrypted(this ILogger log, IPEndPoint silo);
}
