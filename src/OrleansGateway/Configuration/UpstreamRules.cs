using System.Net.Quic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansGateway.Configuration;

/// <summary>Upstreams: targets that can be told apart and reached, nothing stated that would have no effect, and times that fit each other.</summary>
internal static class UpstreamRules
{
    private const string BadPath =
        "A target is a scheme, a host and a port, without a path; the path is that of the request (or of the route's rewrite).";

    private static readonly bool HasHttp3 =
        (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsWindows()) && QuicConnection.IsSupported;

    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("upstreams", settings.Upstreams.Keys, findings);
        foreach (var (id, upstream) in settings.Upstreams)
        {
            var path = SettingPath.Entry("upstreams", id);
            if (findings.IsFaulty(path)) continue;
            CheckTargets(upstream, path, findings);
            CheckHash(upstream, path, findings);
            CheckProtocol(upstream, path, findings);
            CheckTimes(upstream, path, findings);
            CheckStatuses(upstream.Retries.Statuses, SettingPath.Field(path, "retries"), findings);
            if (upstream.HealthCheck is { } check) CheckHealthCheck(check, SettingPath.Field(path, "health_check"), findings);
            CheckTls(upstream, path, findings);
        }
    }

    private static void CheckTargets(UpstreamSettings upstream, string path, Findings findings)
    {
        var list = SettingPath.Field(path, "targets");
        var seen = new Dictionary<string, string>();
        for (var i = 0; i < upstream.Targets.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (findings.IsFaulty(item) || upstream.Targets[i]?.Url is not { } url) continue;
            var name = $"{url.Host}:{url.Port}";
            if (url.AbsolutePath != "/") findings.Report(item, "url", BadPath);
            if (!seen.TryAdd(name, item)) findings.Report(item, "url", $"{seen[name]} has this host and port already; give it more weight instead.");
        }
    }

    private static void CheckHash(UpstreamSettings upstream, string path, Findings findings)
    {
        var hash = SettingPath.Field(path, "hash");
        if (!findings.IsGiven(hash)) return;
        if (upstream.Balance != BalancePolicy.ConsistentHash)
            findings.Report(path, "hash", "Only with balance: consistent_hash has it any effect; state that, or take hash out.");
        if (upstream.Hash is { Header: not null, Cookie: not null }) findings.ReportAt(hash, path, "Both header and cookie are given; give at most one.");
        Check("header", upstream.Hash.Header);
        Check("cookie", upstream.Hash.Cookie);

        // A cookie's name is of the same characters (RFC 6265 §4.1.1).
        void Check(string field, string? name)
        {
            var at = SettingPath.Field(hash, field);
            if (name is not null && !HeaderRules.IsName(name))
                findings.Report(hash, field, $"{findings.Shown(at)} is not a {field}'s name; it takes letters, digits and dashes.");
        }
    }

    private static void CheckProtocol(UpstreamSettings upstream, string path, Findings findings)
    {
        var breaker = SettingPath.Field(path, "circuit_breaker");
        if (upstream.Protocol != UpstreamProtocol.Http1 && findings.IsGiven(SettingPath.Field(breaker, "connections_max")))
            findings.Report(breaker, "connections_max", "Only with protocol: http1 has it any effect, where each request has a connection; take it out.");
        var isOwn = upstream is { Protocol: UpstreamProtocol.Http1, Proxy: null };
        if (!isOwn && findings.IsGiven(SettingPath.Field(path, "unknown_transfer_codings")))
            findings.Report(path, "unknown_transfer_codings", "Only with protocol: http1 and without a proxy has it any effect; take it out.");
        if (upstream.Protocol != UpstreamProtocol.Http3) return;
        if (!HasHttp3) findings.Report(path, "protocol", "This machine has no QUIC (libmsquic), which http3 needs; install it, or say http1 or http2.");
        if (upstream.Proxy is not null) findings.Report(path, "proxy", "HTTP/3 does not go by way of an HTTP proxy; take it out, or say http1 or http2.");
        for (var i = 0; i < upstream.Targets.Count; i++)
        {
            if (upstream.Targets[i]?.Url?.Scheme != Uri.UriSchemeHttp) continue;
            findings.Report(SettingPath.Item(SettingPath.Field(path, "targets"), i), "url",
                "HTTP/3 is spoken over TLS only; write https, or say http1 or http2.");
        }
    }

    private static void CheckTimes(UpstreamSettings upstream, string path, Findings findings)
    {
        var ejection = SettingPath.Field(path, "ejection");
        if (upstream.Ejection.Duration > upstream.Ejection.DurationMax)
        {
            var (longest, duration) = (Duration.Write(upstream.Ejection.DurationMax), Duration.Write(upstream.Ejection.Duration));
            if (findings.IsGiven(SettingPath.Field(ejection, "duration_max")))
                findings.Report(ejection, "duration_max", $"{longest} is shorter than duration, which is {duration}.");
            else findings.Report(ejection, "duration", $"{duration} is longer than duration_max, which is {longest}.");
        }

        var timeouts = SettingPath.Field(path, "timeouts");
        Check("connect", upstream.Timeouts.Connect);
        Check("first_byte", upstream.Timeouts.FirstByte);
        Check("idle", upstream.Timeouts.Idle);

        // Only what is stated: a default above a short total is no mistake, the total simply comes first.
        void Check(string name, TimeSpan part)
        {
            if (upstream.Timeouts.Total is not { } total || part <= total || !findings.IsGiven(SettingPath.Field(timeouts, name))) return;
            findings.Report(timeouts, name, $"{Duration.Write(part)} is longer than total, which is {Duration.Write(total)}.");
        }
    }

    private static void CheckHealthCheck(HealthCheckSettings check, string path, Findings findings)
    {
        CheckStatuses(check.Statuses, path, findings);
        if (check.Host is not { } host) return;
        var isHost = Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var uri) && uri.AbsolutePath == "/" && uri.UserInfo.Length == 0
            && host.All(c => c is > ' ' and <= '~');
        if (!isHost)
            findings.Report(path, "host",
                $"{findings.Shown(SettingPath.Field(path, "host"))} is not a host such as shop.example.com or shop.example.com:8080.");
    }

    private static void CheckStatuses(IReadOnlyList<int> statuses, string owner, Findings findings)
    {
        var list = SettingPath.Field(owner, "statuses");
        for (var i = 0; i < statuses.Count; i++)
        {
            var item = SettingPath.Item(list, i);
            if (statuses[i] is < 100 or > 599 && !findings.IsFaulty(item))
                findings.ReportAt(item, list, $"{findings.Shown(item)} is not a status; it must be 100 to 599.");
        }
    }

    private static void CheckTls(UpstreamSettings upstream, string path, Findings findings)
    {
        var tls = SettingPath.Field(path, "tls");
        if (!findings.IsGiven(tls)) return;
        var hasHttps = upstream.Targets.Any(t => t?.Url?.Scheme == Uri.UriSchemeHttps);
        if (!hasHttps && !findings.IsFaulty(SettingPath.Field(path, "targets")))
            findings.Report(path, "tls", "No target has https, so it has no effect; write https, or take tls out.");
        if (upstream.Tls is { Verify: false, Ca: not null }) findings.Report(tls, "ca", "With verify: false nothing is verified; take one of the two out.");
        if (upstream.Tls.ServerName is { } name && Uri.CheckHostName(name) != UriHostNameType.Dns)
            findings.Report(tls, "server_name", $"{findings.Shown(SettingPath.Field(tls, "server_name"))} is not a host's name, such as shop.example.com.");
        if (upstream.Tls.Ca is { } ca && ProblemOfCa(findings.FullPath(ca)) is { } problem) findings.Report(tls, "ca", problem);
        CheckPair(upstream.Tls, tls, findings);
    }

    private static void CheckPair(UpstreamTlsSettings settings, string tls, Findings findings)
    {
        if (settings is { Certificate: null, Key: null }) return;
        if (settings.Certificate is not { } certificate)
            findings.Report(tls, "key", "Its certificate is not given; add the field certificate, or take key out.");
        else if (settings.Key is not { } key) findings.Report(tls, "certificate", "Its private key is not given; add the field key.");
        else if (ProblemOfPair(findings.FullPath(certificate), findings.FullPath(key)) is { } problem) findings.Report(tls, "certificate", problem);
    }

    private static string? ProblemOfCa(string file)
    {
        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPemFile(file);
            foreach (var certificate in certificates) certificate.Dispose();
            return certificates.Count > 0 ? null : $"The file {Findings.Quote(file)} has no certificate in PEM.";
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return $"The file {Findings.Quote(file)} cannot be read as certificates in PEM: {unreadable.Message}";
        }
    }

    private static string? ProblemOfPair(string certificate, string key)
    {
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificate, key);
            return null;
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"The files {Findings.Quote(certificate)} and {Findings.Quote(key)} are not a certificate and its private key in PEM: {unreadable.Message}";
        }
    }
}
