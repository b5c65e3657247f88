using System.CommandLine;
using OrleansGateway.Cluster.Bench;

return await new RootCommand("Load for the owners of a cluster, as its edges make it. Loopback only.") { RenewalsCommand.Create() }.Parse(args).InvokeAsync();
