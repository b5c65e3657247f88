using System.CommandLine;

namespace OrleansGateway.Cli;

/// <summary>All commands of the program.</summary>
internal static class GatewayCommandLine
{
    /// <param name="serve">The command that runs the gateway; none for the one of one machine.</param>
    public static RootCommand Create(Command? serve = null) => new("OrleansGateway: a gateway for model APIs and HTTP APIs of many tenants.")
    {
        serve ?? ServeCommand.Create(),
        CheckCommand.Create(Environment.GetEnvironmentVariable),
        ConfigCommand.Create(Environment.GetEnvironmentVariable),
        AdminTokenCommand.Create(Environment.GetEnvironmentVariable),
        KeysCommand.Create(TimeProvider.System, Environment.GetEnvironmentVariable),
        TenantsCommand.Create(Environment.GetEnvironmentVariable),
        TenantsCommand.CreateTeams(Environment.GetEnvironmentVariable),
        TenantsCommand.CreateUsers(Environment.GetEnvironmentVariable),
        AdminsCommand.Create(Environment.GetEnvironmentVariable),
        AuditCommand.Create(Environment.GetEnvironmentVariable),
        BudgetsCommand.Create(Environment.GetEnvironmentVariable),
        UsageCommand.Create(Environment.GetEnvironmentVariable),
        LimitsCommand.Create(Environment.GetEnvironmentVariable),
        WebhooksCommand.Create(Environment.GetEnvironmentVariable),
        CacheCommand.Create(Environment.GetEnvironmentVariable),
        PurgeCommand.Create(Environment.GetEnvironmentVariable),
        EventsCommand.Create(Environment.GetEnvironmentVariable),
        ClusterCommand.Create(TimeProvider.System, Environment.GetEnvironmentVariable),
        StatusCommand.Create(Environment.GetEnvironmentVariable),
        UpstreamsCommand.Create(Environment.GetEnvironmentVariable),
        PricesCommand.Create(TimeProvider.System),
        CompletionCommand.Create(),
    };
}
