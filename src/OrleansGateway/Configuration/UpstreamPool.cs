namespace OrleansGateway.Configuration;

/// <summary>Servers among which requests are shared out, compiled.</summary>
internal sealed class UpstreamPool(string id, UpstreamSettings settings)
{
    public string Id => id;
    public UpstreamSettings Settings => settings;
    public UpstreamTarget[] Targets { get; } = [.. settings.Targets.Select(t => new UpstreamTarget(t))];
}

/// <summary>One server of an upstream, compiled.</summary>
internal sealed class UpstreamTarget(UpstreamTargetSettings settings)
{
    public Uri Url { get; } = settings.Url!;
    public int Weight => settings.Weight;

    /// <summary>How it is called in logs and metrics: host and port.</summary>
    // The port even where it is the scheme's own: a target on 80 and one on 443 are two series.
    public string Name { get; } = $"{settings.Url!.Host}:{settings.Url.Port.ToString(CultureInfo.InvariantCulture)}";
}
