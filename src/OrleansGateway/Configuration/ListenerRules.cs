using System.Net.Quic;

namespace OrleansGateway.Configuration;

/// <summary>
/// No two listeners may want the same address, and what a listener speaks must be there: certificates that can be used, and the library of HTTP/3.
/// </summary>
internal static class ListenerRules
{
    private const string Owner = "listeners";

    private static readonly string List = SettingPath.Field(Owner, "data");

    public static void Check(ListenerSettings listeners, Findings findings)
    {
        for (var i = 0; i < listeners.Data.Count; i++)
        {
            // A faulty entry has its place in the list, but nothing to judge.
            if (listeners.Data[i] is not { Address: not null } listener) continue;
            var path = SettingPath.Item(List, i);
            var clash = listeners.Data.Take(i).FirstOrDefault(other => Clash(other.Address, listener.Address));
            if (clash is not null) findings.ReportAt(path, List, $"This address and {clash.Address}, listed before, cannot both be listened on.");
            CheckProtocols(listener, path, findings);
            if (listener.Tls is { } tls) CheckTls(tls, SettingPath.Field(path, "tls"), findings);
        }

        if (listeners.Data.FirstOrDefault(data => Clash(data.Address, listeners.Admin)) is { } taken)
        {
            findings.Report(Owner, "admin", $"The admin address {listeners.Admin} and the data address {taken.Address} cannot both be listened on.");
        }
    }

    private static void CheckProtocols(DataListenerSettings listener, string path, Findings findings)
    {
        if (!listener.Protocols.Contains(HttpProtocol.Http3)) return;
        if (listener.Tls is null) findings.Report(path, "protocols", "HTTP/3 is always encrypted; add the field tls, or take http3 out.");
        else if (listener.Address!.Port == 0)
            findings.Report(path, "protocols",
                "HTTP/3 is served on the port of the other versions, which must be known beforehand; give a port in place of 0.");
        else if (listener.ProxyProtocol.Count > 0)
            findings.Report(path, "protocols", "The PROXY protocol does not exist for HTTP/3; take http3 or proxy_protocol out.");
        else if (!IsQuicThere())
            findings.Report(path, "protocols", "HTTP/3 needs the library libmsquic 2 or later, which is not on this machine; install it, or take http3 out.");
    }

    public static void CheckTls(TlsSettings tls, string path, Findings findings)
    {
        var certificates = SettingPath.Field(path, "certificates");
        for (var i = 0; i < tls.Certificates.Count; i++)
        {
            if (tls.Certificates[i] is not { Certificate: { } certificate, Key: { } key }) continue;
            if (TlsCertificate.Read(certificate.Reveal(), key.Reveal()) is (null, var field, var problem))
                findings.Report(SettingPath.Item(certificates, i), field, problem);
        }

        var asks = tls.ClientCertificates != ClientCertificateMode.Off;
        var authoritiesGiven = findings.IsGiven(SettingPath.Field(path, "client_ca"));
        if (asks && !authoritiesGiven)
            findings.Report(path, "client_certificates", "Certificates can be judged only by who made them; add the field client_ca.");
        if (!asks && authoritiesGiven)
            findings.Report(path, "client_ca", "Nobody is asked for a certificate; set client_certificates to optional or required, or take client_ca out.");
        if (tls.ClientCa is { } pem && ServerTls.Authorities(pem.Reveal()) is null)
            findings.Report(path, "client_ca",
                "There is no root certificate in it (one whose issuer is itself); it must be PEM (-----BEGIN CERTIFICATE-----).");
    }

    private static bool IsQuicThere() =>
        (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsWindows()) && QuicListener.IsSupported;

    // Port 0 takes a free port each time. An address of all zeros takes the port on every address.
    public static bool Clash(IPEndPoint? a, IPEndPoint? b) =>
        a is not null && b is not null && a.Port != 0 && a.Port == b.Port && (a.Address.Equals(b.Address) || IsAny(a) || IsAny(b));

    private static bool IsAny(IPEndPoint endPoint) => endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any);
}
