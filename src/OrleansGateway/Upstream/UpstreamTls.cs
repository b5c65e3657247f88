using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream;

/// <summary>
/// TLS to upstreams with the same settings. Their files are looked at when a connection is opened, at most every few seconds, and read again if they changed; as
/// long as they cannot be read then, what was read before is used.
/// </summary>
internal sealed class UpstreamTls(UpstreamTlsSettings settings, TimeProvider time, ILogger? log = null)
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private TlsFiles? _files;
    private FileStamps _stamps;
    private long _lookedAt;

    /// <summary>Opens TLS over a connection. Throws <see cref="UpstreamException"/> if none comes about within the time; the socket is closed then.</summary>
    public async ValueTask<TlsStream> OpenAsync(Socket socket, string host, List<SslApplicationProtocol> protocols, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var stream = new TlsStream(socket);
        try
        {
            await stream.AuthenticateAsClientAsync(Options(host, protocols), either.Token);
            return stream;
        }
        catch (Exception failed)
        {
            await stream.DisposeAsync();
            if (failed is OperationCanceledException && !cancellation.IsCancellationRequested) throw new UpstreamException("no secure connection in time", failed) { NothingSent = true };
            if (failed is AuthenticationException or IOException or SocketException) throw NotSecure(failed);
            throw;
        }
    }

    /// <summary>What a handshake is to be like, with the files as they are now. Throws <see cref="UpstreamException"/> if they were never readable.</summary>
    public SslClientAuthenticationOptions Options(string host, List<SslApplicationProtocol>? protocols)
    {
        var files = Current();
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = settings.ServerName ?? host,
            ApplicationProtocols = protocols,
            ClientCertificateContext = files.Certificate,
            CertificateChainPolicy = Trust(files.Authorities),
        };
#pragma warning disable CA5359 // The setting says so, and says what it costs.
        if (!settings.Verify) options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        return options;
    }

    private static UpstreamException NotSecure(Exception why) => new("no secure connection could be made", why) { NothingSent = true };

    private static X509ChainPolicy Trust(X509Certificate2Collection? authorities)
    {
        // What a certificate says can be fetched somewhere is not: the address is the peer's choice, and everything on this thread would wait for it.
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (authorities is null) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private TlsFiles Current()
    {
        lock (_lock)
        {
            if (_files is not null && time.GetElapsedTime(_lookedAt) < s_lookInterval) return _files;
            _lookedAt = time.GetTimestamp();
            var stamps = new FileStamps(StampOf(settings.Ca), StampOf(settings.Certificate), StampOf(settings.Key));
            if (_files is not null && stamps == _stamps) return _files;
            try
            {
                _files = TlsFiles.Read(settings);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
            {
                if (_files is null) throw new UpstreamException("the files for a secure connection cannot be read", problem) { NothingSent = true };
                log?.TlsFilesUnreadable(settings.Ca, settings.Certificate, problem.Message);
            }

            _stamps = stamps;
            return _files;
        }
    }

    private static FileStamp StampOf(string? path) => path is null ? default : FileStamp.Of(path);

    private readonly record struct FileStamps(FileStamp Authorities, FileStamp Certificate, FileStamp Key);

    /// <param name="Authorities">Whom a target's certificate must come from; none for those of the system.</param>
    /// <param name="Certificate">Ours, with its chain.</param>
    private sealed record TlsFiles(X509Certificate2Collection? Authorities, SslStreamCertificateContext? Certificate)
    {
        public static TlsFiles Read(UpstreamTlsSettings settings) => new(
            settings.Ca is { } ca ? ReadAll(ca) : null,
            settings.Certificate is { } certificate ? ReadOurs(certificate, settings.Key ?? certificate) : null);

        private static X509Certificate2Collection ReadAll(string path)
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(path);
            return all.Count > 0 ? all : throw new CryptographicException("The file has no certificate.");
        }

        private static SslStreamCertificateContext ReadOurs(string certificate, string key) =>
            // Offline: what is not in the file is not fetched from wherever the certificate says.
            SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificate, key), ReadAll(certificate), offline: true);
    }
}

internal static partial class UpstreamTlsLog
{
    [LoggerMessage(1601, LogLevel.Warning, "TLS files of an upstream changed and cannot be read; what was read before is used (ca {Ca}, certificate {Certificate}): {Problem}")]
    public static partial void TlsFilesUnreadable(this ILogger log, string? ca, string? certificate, string problem);
}
