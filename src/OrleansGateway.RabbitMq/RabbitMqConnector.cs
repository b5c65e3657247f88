using System.Collections.Concurrent;
using OrleansGateway.Configuration;
using OrleansGateway.Events;
using OrleansGateway.Telemetry;

namespace OrleansGateway.RabbitMq;

/// <summary>A link for each queue and each publisher that the configuration states: started, changed and stopped as it says.</summary>
internal sealed class RabbitMqConnector(QueueParts queues, EventPublisherParts publishers, Func<Snapshot> current) : IConnector
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Link> _links = new(StringComparer.Ordinal);
    private volatile bool _hasBegun;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellation)
    {
        Snapshot? known = null;
        using var timer = new PeriodicTimer(s_lookEvery, queues.Time);
        try
        {
            do
            {
                if (current() is var now && now == known) continue;
                known = now;
                await ApplyAsync(now.Settings.Rabbitmq ?? new RabbitMqSettings());
                _hasBegun = true;
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        finally
        {
            await Task.WhenAll(_links.Values.Select(l => l.DisposeAsync().AsTask()));
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Trouble> Troubles() => _hasBegun || current().Settings.Rabbitmq is null
        ? _links.OrderBy(l => l.Key, StringComparer.Ordinal).Where(l => l.Value.Problem is not null).Select(l => new Trouble(false, $"RabbitMQ, {l.Key}: {l.Value.Problem}"))
        : [new Trouble(false, "RabbitMQ: not connected yet.")];

    private async Task ApplyAsync(RabbitMqSettings settings)
    {
        var stated = new Dictionary<string, (string Stated, Func<Link> Start)>(StringComparer.Ordinal);
        foreach (var (id, queue) in settings.Queues)
        {
            var broker = settings.Brokers[queue.Broker];
            stated[$"queue {id}"] = (Stated.Of(broker, queue), () => Link.Of(new QueueLink(id, queue, broker, queues)));
        }

        foreach (var (id, publish) in settings.Publish)
        {
            var broker = settings.Brokers[publish.Broker];
            stated[$"publish {id}"] = (Stated.Of(broker, publish), () => Link.Of(new PublisherLink(id, publish, broker, publishers)));
        }

        foreach (var (name, link) in _links)
        {
            if (stated.TryGetValue(name, out var same) && same.Stated == link.Stated) continue;
            _links.TryRemove(name, out _);
            await link.DisposeAsync();
        }

        foreach (var (name, (text, start)) in stated)
        {
            if (!_links.ContainsKey(name)) _links[name] = start() with { Stated = text };
        }
    }

    /// <summary>One that runs.</summary>
    private sealed record Link(ILink Linked, CancellationTokenSource Stopping, Task Running) : IAsyncDisposable
    {
        public string Stated { get; init; } = "";

        public string? Problem => Linked.Problem;

        public static Link Of(ILink link)
        {
            var stopping = new CancellationTokenSource();
            return new Link(link, stopping, Task.Run(() => link.RunAsync(stopping.Token)));
        }

        public async ValueTask DisposeAsync()
        {
            await Stopping.CancelAsync();
            try
            {
                await Running;
            }
            catch (OperationCanceledException)
            {
                // Asked for above.
            }

            Stopping.Dispose();
        }
    }
}
