namespace OrleansGateway.Configuration;

/// <summary>
/// Checks what no single setting can say: names that must exist, things that must not be there twice. Judges whatever could be read, so that
/// one pass tells everything; what hangs on a setting with a fault is left alone.
/// </summary>
internal static class SettingsValidator
{
    public static void Validate(GatewaySettings settings, Findings findings)
    {
        ListenerRules.Check(settings.Listeners, findings);
        TelemetryRules.Check(settings.Telemetry, findings);
        TenantRules.Check(settings, findings);
        KeyRules.Check(settings, findings);
        CertificateRules.Check(settings, findings);
        JwtRules.Check(settings, findings);
        ProviderRules.Check(settings, findings);
        ModelRules.Check(settings, findings);
        UpstreamRules.Check(settings, findings);
        RouteRules.Check(settings, findings);
        PriceRules.Check(settings, findings);
        AdaptiveRules.Check(settings, findings);
        RateLimitRules.Check(settings, findings);
        BudgetRules.Check(settings, findings);
        UsageRules.Check(settings.Usage, findings);
        WebhookRules.Check(settings, findings);
        InvalidationRules.Check(settings, findings);
        RabbitMqRules.Check(settings, findings);
        ScalingRules.Check(settings, findings);
        ClusterRules.Check(settings, findings);
    }
}
