using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Telemetry;

public sealed class EndpointTests : IAsyncLifetime
{
    private readonly GatewayMetrics _metrics = new();
    private readonly Readiness _readiness = new();
    private readonly PrometheusText _prometheus;
    private readonly HttpClient _client = new();
    private WebApplication? _app;

    public EndpointTests() => _prometheus = new PrometheusText(_metrics);

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _readiness.Map(_app);
        _prometheus.Map(_app);
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _client.BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    [Fact]
    public async Task Readyz_FromStartToStop_SaysStartingReadyDraining()
    {
        Assert.Equal((503, "starting"), await ReadyzAsync());
        _readiness.MarkReady();
        Assert.Equal((200, "ready"), await ReadyzAsync());
        _readiness.MarkDraining();
        Assert.Equal((503, "draining"), await ReadyzAsync());
        _readiness.MarkReady();
        Assert.Equal((503, "draining"), await ReadyzAsync());
    }

    [Fact]
    public async Task Livez_WhileDraining_IsStillOk()
    {
        _readiness.MarkDraining();
        Assert.Equal("ok", await _client.GetStringAsync("/livez", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Metrics_WhenScraped_AreInTheTextFormat()
    {
        _metrics.Refused("invalid_api_key");
        using var answer = await _client.GetAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, Exposition.Parse(text).Value("gateway_refusals_total{code=\"invalid_api_key\"}"));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app!.DisposeAsync();
        _prometheus.Dispose();
        _metrics.Dispose();
    }

    private async Task<(int Status, string? State)> ReadyzAsync()
    {
        using var answer = await _client.GetAsync("/readyz", TestContext.Current.CancellationToken);
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(body.GetProperty("status").GetString() == "ready", !body.TryGetProperty("reason", out _));
        return ((int)answer.StatusCode, body.GetProperty("status").GetString());
    }
}
