namespace OrleansGateway.Configuration;

/// <summary>Webhooks: addresses that may be called, secrets that can sign, types of events that there are.</summary>
internal static class WebhookRules
{
    public static void Check(GatewaySettings settings, Findings findings)
    {
        NameRules.CheckIds("webhooks", settings.Webhooks.Keys, findings);
        foreach (var (id, webhook) in settings.Webhooks)
        {
            var path = SettingPath.Entry("webhooks", id);
            if (findings.IsFaulty(path)) continue;
            if (webhook.Url is { } url) CheckUrl(url, webhook.AllowPrivate, path, findings);
            CheckSecrets(webhook, path, findings);
            EventTypeRules.Check(webhook.Events, path, findings);
            if (webhook.Tenant is { } tenant && !NameRules.IsId(tenant)) findings.Report(path, "tenant", NameRules.BadId);
            if (webhook.RetryMax < webhook.RetryMin)
                findings.Report(path, "retry_max", $"{Duration.Write(webhook.RetryMax)} is shorter than retry_min, which is {Duration.Write(webhook.RetryMin)}.");
        }
    }

    private static void CheckUrl(Uri url, bool allowPrivate, string path, Findings findings)
    {
        var isSecure = url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && (url.IsLoopback || allowPrivate)));
        if (!isSecure) findings.Report(path, "url", "Events are sent by https only, or by http to this machine (localhost), or with allow_private.");
        else if (IPAddress.TryParse(url.DnsSafeHost, out var address) && !url.IsLoopback && !allowPrivate && !PublicAddresses.Contain(address))
            findings.Report(path, "url", "This address is a private one; set allow_private if the receiver is really there.");
    }

    private static void CheckSecrets(WebhookSettings webhook, string path, Findings findings)
    {
        var list = SettingPath.Field(path, "secrets");
        for (var i = 0; i < webhook.Secrets.Count; i++)
        {
            if (webhook.Secrets[i] is { } secret && WebhookSecret.KeyOf(secret) is null)
                findings.ReportAt(SettingPath.Item(list, i), list, $"A secret is {WebhookSecret.Prefix} and 24 to 64 bytes in base64, as `echo {WebhookSecret.Prefix}$(openssl rand -base64 32)` prints it.");
        }
    }
}
