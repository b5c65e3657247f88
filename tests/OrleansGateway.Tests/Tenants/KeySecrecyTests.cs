using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansGateway.Auth;
using OrleansGateway.Http;
using OrleansGateway.Tests.Admin;
using OrleansGateway.Tests.Auth;

namespace OrleansGateway.Tests.Tenants;

public sealed class KeySecrecyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Logs_OfEverythingThatHappensToAKey_NeverHoldAKeyOrAToken()
    {
        using var logs = new LogCapture();
        await using var host = await AdminHost.StartAsync(logs);
        using var loggers = LoggerFactory.Create(b => b.AddProvider(logs).SetMinimumLevel(LogLevel.Trace));
        await using var tokens = new TestTokens(() => host.Directory.Snapshot, host.Directory.Time, loggers);
        var stage = new AuthStage(host.Directory.Keys, tokens.Callers, host.Directory.Tenants, host.Directory.Time, loggers.CreateLogger<AuthStage>());

        var (_, made) = await host.PostAsync("/admin/v1/keys", """{"tenant":"acme","routes":["other"],"expires_at":"2026-01-03T00:00:00Z"}""");
        var id = made.GetProperty("id").GetString()!;
        var first = made.GetProperty("key").GetString()!;
        var second = (await host.PostAsync($"/admin/v1/keys/{id}/rotate")).Body.GetProperty("key").GetString()!;
        string[] secrets = [first, second, "ogw_mistyped", TestDirectory.ConfiguredKey, host.Token.Fresh!.Reveal(), "oga_wrong"];

        await PresentAllAsync();
        host.Directory.Time.Advance(TimeSpan.FromDays(2));
        await PresentAllAsync();
        await host.PostAsync($"/admin/v1/keys/{id}/revoke");
        await PresentAllAsync();
        host.Client.DefaultRequestHeaders.Authorization = new("Bearer", "oga_wrong");
        await host.GetAsync("/admin/v1/keys");

        // Seen to have logged, or the rest would prove nothing.
        foreach (var eventId in (int[])[1200, 1201, 1301, 1302, 1303, 1900]) Assert.Contains($"{eventId} ", logs.Text, StringComparison.Ordinal);
        foreach (var secret in secrets) Assert.DoesNotContain(secret, logs.Text, StringComparison.Ordinal);
        foreach (var secret in (string[])[first, second]) Assert.DoesNotContain(secret[8..16], logs.Text, StringComparison.Ordinal);

        async Task PresentAllAsync()
        {
            foreach (var secret in secrets)
            {
                var http = new DefaultHttpContext();
                http.Request.Headers["x-api-key"] = secret;
                var exchange = new Exchange(http, host.Directory.Snapshot, "request", startedAt: 0) { Route = host.Directory.Snapshot.Routes.All[0] };
                await stage.InvokeAsync(exchange, static _ => ValueTask.CompletedTask);
            }
        }
    }
}
