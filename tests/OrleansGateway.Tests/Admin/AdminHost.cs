using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansGateway.Admin;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Tenants;

namespace OrleansGateway.Tests.Admin;

/// <summary>The admin API on a real listener, over a directory on a real store.</summary>
internal sealed class AdminHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AdminHost(WebApplication app, StateFolder folder, TestDirectory directory, AdminToken token, TestConfiguration configuration)
    {
        (_app, Folder, Directory, Token, Configuration) = (app, folder, directory, token, configuration);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient { BaseAddress = Address };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Fresh!.Reveal());
    }

    public StateFolder Folder { get; }
    public TestDirectory Directory { get; }
    public AdminToken Token { get; }
    public TestConfiguration Configuration { get; }
    public Uri Address { get; }

    /// <summary>Carries the admin token.</summary>
    public HttpClient Client { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<AdminHost> StartAsync(ILoggerProvider? logs = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace);
        if (logs is not null) builder.Logging.AddProvider(logs);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var loggers = app.Services.GetRequiredService<ILoggerFactory>();
        var folder = new StateFolder();
        var directory = new TestDirectory(loggers, new ManualTime(), folder.Path);
        var token = await AdminToken.OpenAsync(directory.AdminTokens, folder.Path, Cancel);
        var configuration = new TestConfiguration(directory);
        new AdminApi(directory.Keys, configuration, token, directory.Time, loggers.CreateLogger<AdminApi>()).Map(app);
        await app.StartAsync(Cancel);
        return new AdminHost(app, folder, directory, token, configuration);
    }

    public Task<(HttpResponseMessage Response, JsonElement Body)> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<(HttpResponseMessage Response, JsonElement Body)> PostAsync(string path, string? json = null, string? idempotencyKey = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (idempotencyKey is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        return SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        Directory.Dispose();
        Folder.Dispose();
    }

    private async Task<(HttpResponseMessage Response, JsonElement Body)> SendAsync(HttpRequestMessage request)
    {
        var response = await Client.SendAsync(request, Cancel);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        return (response, json.RootElement.Clone());
    }
}

/// <summary>A configuration of which the test says what the next reload finds wrong.</summary>
internal sealed class TestConfiguration(TestDirectory directory) : IConfigurationControl
{
    public Snapshot Current => directory.Snapshot;
    public DateTimeOffset LoadedAt { get; private set; } = directory.Time.GetUtcNow();
    public IReadOnlyList<Fault> LastFaults { get; private set; } = [];
    public IReadOnlyList<Fault> NextFaults { get; set; } = [];

    public Task<IReadOnlyList<Fault>> ReloadAsync(CancellationToken cancellation)
    {
        LastFaults = NextFaults;
        if (LastFaults.Count == 0) directory.Snapshot = Snapshot.Compile(TestDirectory.Settings, 2, "");
        return Task.FromResult(LastFaults);
    }
}
