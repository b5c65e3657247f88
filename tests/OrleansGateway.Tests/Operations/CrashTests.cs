using System.Net;
using System.Text.Json;

namespace OrleansGateway.Tests.Operations;

/// <summary>What was answered survives a crash that comes right after it.</summary>
public sealed class CrashTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Kill_RightAfterATenantIsDisabled_RefusesItsKeysAfterTheRestart()
    {
        using var folder = new OperationsFolder();
        using var client = new HttpClient();
        string key;
        await using (var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel))
        {
            await RunAsync(gateway, "tenants", "create", "zeta");
            key = JsonElement.Parse(await RunAsync(gateway, "keys", "create", "--tenant", "zeta", "--json")).GetProperty("key").GetString()!;
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(gateway.Data, key, Cancel));
            await RunAsync(gateway, "tenants", "update", "zeta", "--enabled", "false");
            await gateway.KillAsync(Cancel);
        }

        await using (var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel))
        {
            Assert.Equal(HttpStatusCode.Forbidden, await client.StatusAsync(gateway.Data, key, Cancel));
            await RunAsync(gateway, "tenants", "update", "zeta", "--enabled", "true");
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(gateway.Data, key, Cancel));
        }

        Task<string> RunAsync(GatewayProcess gateway, params string[] command) =>
            GatewayProcess.RunAsync(folder.Path, Cancel, [.. command, "--admin", gateway.Admin.ToString(), "--token-file", ".gateway/admin-token"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task Kill_RightAfterAKeyIsMadeOrRevoked_ForgetsNeither()
    {
        using var folder = new OperationsFolder();
        using var client = new HttpClient();
        string key, id;
        await using (var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel))
        {
            var made = JsonElement.Parse(await KeysAsync(gateway, "create", "--tenant", "acme", "--json"));
            await gateway.KillAsync(Cancel);
            (key, id) = (made.GetProperty("key").GetString()!, made.GetProperty("id").GetString()!);
        }

        await using (var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel))
        {
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(gateway.Data, key, Cancel));
            await KeysAsync(gateway, "revoke", id);
            await gateway.KillAsync(Cancel);
        }

        await using (var gateway = await GatewayProcess.ServeAsync(folder.Path, Cancel))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await client.StatusAsync(gateway.Data, key, Cancel));
            Assert.Equal(HttpStatusCode.OK, await client.StatusAsync(gateway.Data, OperationsFolder.Key, Cancel));
        }

        Task<string> KeysAsync(GatewayProcess gateway, params string[] command) => GatewayProcess.RunAsync(
            folder.Path, Cancel, ["keys", .. command, "--admin", gateway.Admin.ToString(), "--token-file", ".gateway/admin-token"]);
    }
}
