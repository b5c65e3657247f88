using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Invalidation;
using OrleansGateway.RabbitMq;
using OrleansGateway.Tests.Events;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.RabbitMq;

/// <summary>A whole gateway in front of an origin whose answers may be kept, on a virtual host of its own; and a publisher that waits for confirms.</summary>
internal sealed class RabbitBed : IAsyncDisposable
{
    private readonly OriginServer _origin;
    private readonly GatewayUnderTest _gateway;
    private readonly ConfirmingPublisher _publisher;

    private RabbitBed(Broker broker, string virtualHost, OriginServer origin, GatewayUnderTest gateway, InvalidationTable table)
    {
        (Broker, VirtualHost, _origin, _gateway, Table, _publisher) = (broker, virtualHost, origin, gateway, table, new ConfirmingPublisher(broker, virtualHost));
        Admin = new HttpClient { BaseAddress = new Uri(gateway.AdminAddress, "/admin/v1/") };
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.AdminToken);
    }

    public Broker Broker { get; }

    public string VirtualHost { get; }

    public GatewayUnderTest Gateway => _gateway;

    public InvalidationTable Table { get; }

    public HttpClient Admin { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="broker">The broker.</param>
    /// <param name="more">Lines of the configuration besides the broker <c>main</c>, which <c>RABBIT</c> in them stands for.</param>
    /// <param name="port">Where the broker is called; default its own.</param>
    /// <param name="route">A line with another route.</param>
    /// <param name="replace">Puts parts of the test's own in.</param>
    public static async Task<RabbitBed> StartAsync(Broker broker, string more, int? port = null, string route = "", Action<IServiceCollection>? replace = null)
    {
        var host = await broker.NewVirtualHostAsync();
        var origin = await OriginServer.StartAsync(static async http =>
        {
            http.Response.Headers.CacheControl = "public, max-age=3600";
            http.Response.Headers["Cache-Tag"] = http.Request.Path.Value!.Trim('/');
            await http.Response.WriteAsync("stored");
        });
        var table = new InvalidationTable();
        var yaml = ForwardBed.Yaml([origin.Url], route: "cache: {scope: public}", more: route + "\n" + more.Replace("RABBIT", "rabbitmq:\n  brokers: {main: " + BrokerYaml(port ?? broker.Port, host) + "}", StringComparison.Ordinal));
        var gateway = await GatewayUnderTest.StartWholeAsync(yaml, replace: services =>
        {
            services.AddSingleton(table);
            replace?.Invoke(services);
            services.AddRabbitMq();
        });
        return new RabbitBed(broker, host, origin, gateway, table);
    }

    public static string BrokerYaml(int port, string virtualHost) =>
        $$"""{uri: "amqp://127.0.0.1:{{port}}/{{virtualHost}}", username: {{Broker.User}}, password: {{Broker.User}}, heartbeat: 5s, retry_max: 300ms }""";

    /// <summary>Waits until all that is stated works.</summary>
    public Task UntilReadyAsync() => EventBed.UntilAsync(async () => await ReadinessAsync() == """{"status":"ready"}""");

    public Task<string> ReadinessAsync() => Admin.GetStringAsync(new Uri(_gateway.AdminAddress, "/readyz"), Cancel);

    /// <summary>Publishes, and returns when the broker has confirmed; tries again for as long as it does not.</summary>
    public Task PublishAsync(string exchange, string body, string? id = null, string key = "product", Dictionary<string, object?>? headers = null) =>
        _publisher.PublishAsync(exchange, body, id, key, headers);

    /// <summary>Waits until that many invalidations of a tenant have been applied.</summary>
    public Task UntilAppliedAsync(string tenant, long count) => EventBed.UntilAsync(() => Task.FromResult(Table.Of(tenant).Applied >= count));

    /// <summary>Waits until that many messages of a queue have been settled, however.</summary>
    public Task UntilConsumedAsync(string id, long count) => EventBed.UntilAsync(async () =>
    {
        var metrics = await Admin.GetStringAsync(new Uri(_gateway.AdminAddress, "/metrics"), Cancel);
        var series = metrics.Split('\n').Where(l => l.StartsWith("gateway_rabbitmq_consumed", StringComparison.Ordinal) && l.Contains($"queue=\"{id}\"", StringComparison.Ordinal));
        return series.Where(l => !l.Contains("failed", StringComparison.Ordinal)).Sum(l => long.Parse(l.Split(' ')[^1], CultureInfo.InvariantCulture)) >= count;
    });

    /// <summary>Messages that the gateway has received and not acknowledged.</summary>
    public async Task<long> WaitingAsync() => (await Admin.GetStringAsync(new Uri(_gateway.AdminAddress, "/metrics"), Cancel)).Split('\n')
        .Where(l => l.StartsWith("gateway_rabbitmq_waiting", StringComparison.Ordinal)).Sum(l => long.Parse(l.Split(' ')[^1], CultureInfo.InvariantCulture));

    /// <summary>Waits until a queue has so many messages to give, and so many readers.</summary>
    public Task UntilAsync(string queue, uint ready, uint readers) =>
        EventBed.UntilAsync(async () => await Broker.QueueAsync(VirtualHost, queue) is { } told && (told.MessageCount, told.ConsumerCount) == (ready, readers));

    public async Task<JsonElement[]> ParkedAsync() =>
        [.. (await Admin.GetFromJsonAsync<JsonElement>("events/parked?limit=1000", Cancel)).GetProperty("messages").EnumerateArray()];

    /// <summary>Whether that path is answered from the cache.</summary>
    public async Task<bool> IsHitAsync(string path)
    {
        using var response = await _gateway.Client.GetAsync(path, Cancel);
        return response.Headers.GetValues("Cache-Status").Single().Contains("gateway; hit", StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        Admin.Dispose();
        await _gateway.DisposeAsync();
        await _origin.DisposeAsync();
    }
}
