using OrleansGateway.Cli;
using OrleansGateway.Cluster;
using OrleansGateway.Http;
using OrleansGateway.RabbitMq;

SocketThreads.Use();
// The drain timeout of the configuration decides when a stop is cut short, not the command line's own.
return await GatewayCommandLine.Create(ServeCommand.Create(OrleansEngine.OpenAsync, static services => services.AddRabbitMq(isShared: true), ClusterRoles.Option))
    .Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
