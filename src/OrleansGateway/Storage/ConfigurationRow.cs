using OrleansGateway.Admin;

namespace OrleansGateway.Storage;

/// <summary>A configuration that was in force, as a row.</summary>
internal sealed record ConfigurationRow
{
    public string Version { get; init; } = "";
    public string Text { get; init; } = "";
    public long At { get; init; }
    public string Actor { get; init; } = "";

    public AppliedConfiguration Applied() => new(Version, Text, DateTimeOffset.FromUnixTimeMilliseconds(At), Actor);
}
