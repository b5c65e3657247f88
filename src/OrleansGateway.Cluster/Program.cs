using OrleansGateway.Cli;
using OrleansGateway.Cluster;
using OrleansGateway.Http;

SocketThreads.Use();
// The drain timeout of the configuration decides when a stop is cut short, not the command line's own.
return await GatewayCommandLine.Create(ServeCommand.Create(OrleansEngine.OpenAsync, connect: null, ClusterRoles.Option))
    .Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
