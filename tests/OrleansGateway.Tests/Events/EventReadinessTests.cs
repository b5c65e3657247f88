using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Storage;
using OrleansGateway.Storage.Events;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Events;

/// <summary>What <c>/readyz</c> of a whole gateway says of its event log.</summary>
public sealed class EventReadinessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Readyz_WhileTheEventLogIsLocked_IsReadyAndSaysThatEventsAreLate()
    {
        using var events = new StateFolder();
        await using var gateway = await GatewayUnderTest.StartAsync("", replace: services => services.AddSingleton(new EventDatabase(
            SqliteDatabase.OpenEvents(events.Path, EventBed.LockWait, TimeProvider.System, NullLogger<SqliteDatabase>.Instance))));
        using var admin = new HttpClient { BaseAddress = gateway.AdminAddress };
        admin.DefaultRequestHeaders.Authorization = new("Bearer", gateway.AdminToken);
        await EventBed.UntilAsync(async () => await WarningAsync() is null);
        await using (new EventLogDown(events.Path))
        {
            // Nothing that the event log is for holds up an admin, or a request.
            Assert.Equal(HttpStatusCode.Created, (await admin.PostAsJsonAsync("/admin/v1/keys", new { tenant = "acme" }, Cancel)).StatusCode);
            await EventBed.UntilAsync(async () => await WarningAsync() is not null);
            var warning = await WarningAsync();
            Assert.StartsWith("Events are late, since ", warning, StringComparison.Ordinal);
            Assert.Contains("locked", warning, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await gateway.Client.GetAsync("/v1/models", Cancel)).StatusCode);
        }

        await EventBed.UntilAsync(async () => await WarningAsync() is null);
        var told = await admin.GetFromJsonAsync<JsonElement>("/admin/v1/events?tenant=acme", Cancel);
        Assert.Equal("key.created", Assert.Single(told.GetProperty("events").EnumerateArray()).GetProperty("type").GetString());

        async Task<string?> WarningAsync()
        {
            var json = await admin.GetFromJsonAsync<JsonElement>("/readyz", Cancel);
            Assert.Equal("ready", json.GetProperty("status").GetString());
            return json.TryGetProperty("warning", out var warning) ? warning.GetString() : null;
        }
    }
}
