using OrleansGateway.Auth;
using OrleansGateway.Budgets;
using OrleansGateway.Caching;
using OrleansGateway.Caching.Models;
using OrleansGateway.Compression;
using OrleansGateway.Cors;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Limits;
using OrleansGateway.Models;
using OrleansGateway.Routing;
using OrleansGateway.SelfService;
using OrleansGateway.Shedding;
using OrleansGateway.Telemetry;
using OrleansGateway.Usage;

namespace OrleansGateway;

/// <summary>The way of a request: all stages, in order, each with the reason for its place.</summary>
internal static class Stages
{
    public static IReadOnlyList<IStage> InOrder(IServiceProvider services) =>
    [
        // Names the trace for all that follow, the access log too.
        services.GetRequiredService<TracingStage>(),
        // Sees the final status, whoever wrote it.
        services.GetRequiredService<AccessLogStage>(),
        // Every answer says that the gateway is about to stop, while it is.
        services.GetRequiredService<DrainStage>(),
        // Writes every refusal of the stages below, once, in the caller's dialect.
        services.GetRequiredService<ErrorStage>(),
        // Turns away what the server lets through and the RFCs do not, before anyone goes by it.
        services.GetRequiredService<FramingStage>(),
        // Tells callers what they have used, at a path of the gateway's own; it calls for auth itself, and nothing that it does is usage.
        services.GetRequiredService<OwnUsageStage>(),
        // Says what the path serves, and with it the dialect; a key may be bound to routes.
        services.GetRequiredService<RouteStage>(),
        // Leaves the socket's thread with all that may take long. The route says what that is.
        services.GetRequiredService<SocketStage>(),
        // Answers preflights, which carry no credentials; and lets pages read what the stages below refuse.
        services.GetRequiredService<CorsStage>(),
        // Refuses what there is no room for. The route says how important it is; nothing has been spent on it yet.
        services.GetRequiredService<ShedStage>(),
        // Meters all that follows, however it ends.
        services.GetRequiredService<UsageStage>(),
        // Says who calls. Nothing is read of a stranger's body.
        services.GetRequiredService<AuthStage>(),
        // Asks the operator's own service about a caller who is known, where the route says so.
        services.GetRequiredService<ExternalAuthStage>(),
        // Refuses what the limits of the caller, or of the route, have no room for; before all that costs something.
        services.GetRequiredService<LimitStage>(),
        // Stands around all that write bodies.
        services.GetRequiredService<CompressionStage>(),
        // Redirects, or gives a fixed answer, to a caller who may use the route.
        services.GetRequiredService<FixedAnswerStage>(),
        // Answers from what is stored, and fetches what is not, in place of the next stage. What is stored is what the upstream said, to whoever may use the route.
        services.GetRequiredService<CacheStage>(),
        // Passes requests on to the upstream of their route. Last for such routes: all that may refuse has had its say.
        services.GetRequiredService<ForwardStage>(),
        // Reads the body and finds the model that this caller may use.
        services.GetRequiredService<ModelStage>(),
        // Bills what the call used, however it ends; around the stage that holds money for it.
        services.GetRequiredService<MeterStage>(),
        // Answers from what was said before: usage, which costs nothing.
        services.GetRequiredService<ModelCacheStage>(),
        // Holds what the call may use of tokens and money, now that its model and its size are known.
        services.GetRequiredService<BudgetStage>(),
        // Sends it. Last: all that may refuse has had its say.
        services.GetRequiredService<UpstreamStage>(),
    ];
}
