using System.Security.Cryptography;
using Orleans.Serialization;
using OrleansGateway.Cluster.Wire;
using OrleansGateway.Leases;

namespace OrleansGateway.Cluster.Owners;

/// <summary>
/// Goes the way of requests to an owner of nobody before the silo is a member. In a rolling restart owners move to a silo that has just started: those who ask for them must not wait for
/// its compiler besides.
/// </summary>
internal sealed class SiloWarmUp(SiloOwners owners, Serializer serializer, TimeProvider time, ILogger<SiloWarmUp> log) : IHostedService
{
    private const string Owner = "warm-up";

    // The runtime compiles for good what has been called 30 times.
    private const int Rounds = 40;

    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(2);
    private static readonly AccountId s_account = new(Owner, "");
    private static readonly AccountSpec s_spec = new() { Kind = AccountKind.Bucket, Dimension = Dimension.Requests, Limit = 1_000, Refill = 1_000, Time = TimeSpan.FromSeconds(1) };

    /// <summary>Does not fail, and does not take long: a silo that is not warm serves all the same.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(s_timeMax);
        try
        {
            await RunAsync(late.Token).WaitAsync(s_timeMax, time, cancellationToken);
        }
#pragma warning disable CA1031 // Whatever it is, whoever asks for an owner will hear of it.
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            log.NotWarm(failed.Message);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task RunAsync(CancellationToken cancellation)
    {
        var owner = await owners.OpenAsync(Owner, static id => id == s_account ? s_spec : null, cancellation);
        var (session, epoch) = (new Guid(RandomNumberGenerator.GetBytes(16)), 0L);
        for (var number = 1; number <= Rounds && !cancellation.IsCancellationRequested; number++)
        {
            var request = new LeaseRequest
            {
                Session = session,
                Number = number,
                Epoch = epoch,
                Registers = epoch == 0,
                Reports = [new LeaseReport(s_account, Lease: 1, Spent: 0, Returned: 0, Want: 10, TypicalHold: 1, IsFinal: false)],
                Takes = [new TakeRequest(number, [new TakeItem(s_account, 1, 1)])],
            };
            if (!owner.TrySend(Travelled(WireLeaseRequest.Of(request)).ToRequest(), out var reply, out var later)) break;
            epoch = Travelled(WireLeaseReply.Of(reply ?? await later!)).ToReply().Epoch;
        }

        await owners.CloseAsync(Owner, owner, cancellation);
    }

    /// <summary>As it comes out on the other side of a connection.</summary>
    private T Travelled<T>(T message) => serializer.Deserialize<T>(serializer.SerializeToArray(message))!;
}

internal static partial class SiloWarmUpLog
{
    [LoggerMessage(2436, LogLevel.Information, "The silo is not warm: {Reason}")]
    public static partial void NotWarm(this ILogger log, string reason);
}
