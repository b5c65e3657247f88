using System.CommandLine;
using OrleansGateway.Bench.Events;
using OrleansGateway.Bench.Ledger;
using OrleansGateway.Bench.Load;
using OrleansGateway.Bench.Micro;
using OrleansGateway.Bench.Mock;
using OrleansGateway.Bench.Purge;
using OrleansGateway.Bench.Stampede;
using OrleansGateway.Bench.Usage;

return await new RootCommand("Mock provider and load generator for measuring the gateway. Loopback only.")
{
    MockCommand.Create(),
    RateCommand.Create(),
    OpenCommand.Create(),
    RequestCommand.Create(),
    StreamsCommand.Create(),
    FirstTokenCommand.Create(),
    IdleCommand.Create(),
    TransferCommand.Create(),
    StampedeCommand.Create(),
    PurgeCommand.Create(),
    MicroCommand.Create(),
    LeasesCommand.Create(),
    LedgerCommand.Create(),
    UsageCommand.Create(),
    UsageLogCommand.Create(),
    EventsCommand.Create(),
}.Parse(args).InvokeAsync();
