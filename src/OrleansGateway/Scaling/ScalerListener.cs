using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Hosting;
using OrleansGateway.Configuration;

namespace OrleansGateway.Scaling;

/// <summary>Where KEDA finds its external scaler, apart from what clients and operators reach.</summary>
internal sealed class ScalerListener : IAsyncDisposable
{
    /// <summary>Time that calls in flight get when it stops. Streams end by themselves.</summary>
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(2);

    // A request is a name and a few words.
    private const int MessageBytesMax = 64 * 1024;

    private readonly WebApplication _app;

    private ScalerListener(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Throws <see cref="IOException"/> if the address cannot be bound.</summary>
    public static async Task<ScalerListener> StartAsync(ScalingSettings settings, ScalingWatch watch, ILoggerFactory logs, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs).AddRoutingCore().AddGrpc(options => options.MaxReceiveMessageSize = MessageBytesMax);
        builder.Services.AddSingleton(provider => new ExternalScaler(watch, provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping));
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = s_stopTimeout);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => Configure(options, settings));
        var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<ExternalScaler>();
        try
        {
            await app.StartAsync(cancellation);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new ScalerListener(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions options, ScalingSettings settings)
    {
        options.AddServerHeader = false;
        options.Listen(settings.Listen!, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (settings.Tls is not { } tls) return;
            var server = new ServerTls(tls, [SslApplicationProtocol.Http2]);
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = hello => ValueTask.FromResult(server.OptionsFor(hello.ClientHelloInfo.ServerName)) });
        });
    }
}
