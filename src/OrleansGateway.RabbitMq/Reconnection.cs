using OrleansGateway.Configuration;
using OrleansGateway.Telemetry;
using RabbitMQ.Client.Exceptions;

namespace OrleansGateway.RabbitMq;

/// <summary>Makes a connection again whenever it breaks, after a pause that doubles.</summary>
/// <param name="kind"><c>queue</c> or <c>publisher</c>.</param>
/// <param name="id">Id of what it is for.</param>
/// <param name="broker">Where to.</param>
/// <param name="metrics">Counts those that are there.</param>
/// <param name="random">Spreads the attempts.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where breaks are told.</param>
internal sealed class Reconnection(string kind, string id, RabbitMqBrokerSettings broker, BrokerMetrics metrics, Random random, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(250);

    private const string NotYet = "It is not connected yet.";

    private volatile string? _problem = NotYet;

    /// <summary>Why there is none at present; none if there is one.</summary>
    public string? Problem => _problem;

    /// <param name="connectAsync">Connects, calls <see cref="Made"/>, and answers what broke.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(Func<CancellationToken, Task<string>> connectAsync, CancellationToken cancellation)
    {
        metrics.Connected(kind, id, by: 0);
        _problem = NotYet;
        var pause = TimeSpan.Zero;
        while (true)
        {
            var began = time.GetTimestamp();
            string problem;
            try
            {
                problem = await connectAsync(cancellation);
            }
#pragma warning disable CA1031 // The client throws a dozen kinds, and none of them may end the trying; nor is any of them a failure when it is to end.
            catch (Exception failed)
#pragma warning restore CA1031
            {
                problem = Told(failed);
            }
            finally
            {
                if (_problem is null) metrics.Connected(kind, id, by: -1);
            }

            cancellation.ThrowIfCancellationRequested();
            if (_problem != problem) log.Broken(kind, id, problem);
            _problem = problem;
            // What ran for a while broke for a new reason.
            pause = pause == TimeSpan.Zero || time.GetElapsedTime(began) > broker.RetryMax ? s_pauseMin : pause * 2;
            if (pause > broker.RetryMax) pause = broker.RetryMax;
            await Task.Delay(pause * (0.8 + 0.4 * random.NextDouble()), time, cancellation);
        }
    }

    /// <summary>It is there now.</summary>
    public void Made()
    {
        _problem = null;
        metrics.Connected(kind, id, by: 1);
    }

    /// <summary>In words for an operator. The client wraps the broker's own words in two or three layers.</summary>
    private static string Told(Exception failed)
    {
        var inner = failed;
        while (inner is BrokerUnreachableException or AggregateException && inner.InnerException is { } cause) inner = cause;
        return inner is OperationInterruptedException { ShutdownReason.ReplyText: { Length: > 0 } text } ? text : inner.Message;
    }
}

internal static partial class ReconnectionLog
{
    [LoggerMessage(2911, LogLevel.Warning, "RabbitMQ, {Kind} {Id}: {Problem}; connecting again")]
    public static partial void Broken(this ILogger log, string kind, string id, string problem);
}
