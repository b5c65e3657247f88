using System.CommandLine;
using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Micro;
using OrleansGateway.Bench.Mock;

return await new RootCommand("Mock provider and load generator for measuring the gateway. Loopback only.")
{
    MockCommand.Create(),
    RateCommand.Create(),
    OpenCommand.Create(),
    RequestCommand.Create(),
    StreamsCommand.Create(),
    IdleCommand.Create(),
    TransferCommand.Create(),
    MicroCommand.Create(),
    LeasesCommand.Create(),
}.Parse(args).InvokeAsync();
