namespace OrleansGateway.Configuration;

/// <summary>A cluster: certificates that can be used, and nothing that nodes do not have.</summary>
internal static class ClusterRules
{
    public static void Check(GatewaySettings settings, Findings findings)
    {
        if (settings.Cluster is not { } cluster)
        {
            if (settings.Cache.SecondLevel is not null)
                findings.Report("cache", "second_level", "Only edges of a cluster share what they store; take second_level out, or add the section cluster. On one machine disk keeps answers over a restart.");
            return;
        }

        // A disk holds answers from before a restart, and what was invalidated meanwhile is numbered elsewhere: passed over in silence, it would be missed.
        if (settings.Cache.Disk is not null)
            findings.Report("cache", "disk", "Nodes of a cluster keep no answers on a disk; take disk out, or the section cluster on one machine.");
        CheckAuthorities(cluster.RedisCa, "cluster", "redis_ca", findings);
        CheckAuthorities(settings.Cache.SecondLevel?.RedisCa, SettingPath.Field("cache", "second_level"), "redis_ca", findings);
        if (cluster.Tls is { } tls) CheckTls(tls, SettingPath.Field("cluster", "tls"), findings);
    }

    private static void CheckTls(ClusterTlsSettings tls, string path, Findings findings)
    {
        if (tls is { Certificate: { } certificate, Key: { } key } && TlsCertificate.Read(certificate.Reveal(), key.Reveal()) is { Pair: null } unread)
            findings.Report(path, unread.Field, unread.Problem);
        CheckAuthorities(tls.Ca, path, "ca", findings);
    }

    private static void CheckAuthorities(Secret? pem, string path, string field, Findings findings)
    {
        if (pem is not null && ServerTls.Authorities(pem.Reveal()) is null)
            findings.Report(path, field, "There is no root certificate in it (one whose issuer is itself); it must be PEM (-----BEGIN CERTIFICATE-----).");
    }
}
