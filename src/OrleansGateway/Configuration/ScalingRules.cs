namespace OrleansGateway.Configuration;

/// <summary>Targets that something counts for, between bounds that leave a choice; an address of its own for the external scaler.</summary>
internal static class ScalingRules
{
    private const string Owner = "scaling";

    private static readonly string Targets = SettingPath.Field(Owner, "targets");

    public static void Check(GatewaySettings settings, Findings findings)
    {
        var scaling = settings.Scaling;
        NameRules.CheckIds(Targets, scaling.Targets.Keys, findings);
        foreach (var (id, target) in scaling.Targets) Check(target, SettingPath.Entry(Targets, id), findings);
        CheckListener(scaling, settings.Listeners, findings);
    }

    private static void Check(ScalingTargetSettings target, string path, Findings findings)
    {
        if (findings.IsFaulty(path)) return;
        if (target.ReplicasMin > target.ReplicasMax) findings.Report(path, "replicas_min", $"It is more than replicas_max, which is {target.ReplicasMax}.");
        if (target is { RequestsInFlight: null, AdmissionWait: null, CpuPercent: null, UsageLag: null })
            findings.ReportAt(path, Targets, "Nothing says how many replicas there should be; add requests_in_flight, cpu_percent, admission_wait or usage_lag.");
    }

    private static void CheckListener(ScalingSettings scaling, ListenerSettings listeners, Findings findings)
    {
        if (scaling.Tls is { } tls)
        {
            if (scaling.Listen is null) findings.Report(Owner, "tls", "Nothing is listened on; add the field listen, or take tls out.");
            ListenerRules.CheckTls(tls, SettingPath.Field(Owner, "tls"), findings);
        }

        if (listeners.Data.Select(data => data?.Address).Append(listeners.Admin).FirstOrDefault(other => ListenerRules.Clash(other, scaling.Listen)) is { } taken)
            findings.Report(Owner, "listen", $"This address and {taken} of listeners cannot both be listened on.");
    }
}
