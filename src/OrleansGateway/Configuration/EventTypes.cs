namespace OrleansGateway.Configuration;

/// <summary>Types of events. Part of the API: they never change.</summary>
internal static class EventTypes
{
    public const string UsageRecorded = "usage.recorded";
    public const string BudgetThreshold = "budget.threshold";
    public const string LimitReached = "limit.reached";
    public const string KeyCreated = "key.created";
    public const string KeyRotated = "key.rotated";
    public const string KeyRevoked = "key.revoked";
    public const string ConfigApplied = "config.applied";
    public const string ConfigRefused = "config.refused";
    public const string ConfigRolledBack = "config.rolled_back";

    /// <summary>Sent when an operator tries a webhook; stands in no stream.</summary>
    public const string WebhookTest = "webhook.test";

    public static readonly IReadOnlyList<string> All =
        [UsageRecorded, BudgetThreshold, LimitReached, KeyCreated, KeyRotated, KeyRevoked, ConfigApplied, ConfigRefused, ConfigRolledBack];
}
