using OrleansGateway.Storage;

namespace OrleansGateway.Tests.Operations;

/// <summary>One running gateway per state folder.</summary>
public sealed class StateLockTests : IDisposable
{
    private readonly OperationsFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Start_OnAFolderInUse_NamesTheOtherProcessAndGoesAfterItWasKilled()
    {
        await using (var first = await GatewayProcess.ServeAsync(_folder.Path, Cancel))
        {
            await using var second = GatewayProcess.Start(_folder.Path, "serve", "--config", "gateway.yaml");
            Assert.Equal(1, await second.ExitAsync(Cancel));
            Assert.Contains($"is in use by another gateway, process {first.Id}", second.Errors.Text, StringComparison.Ordinal);
            await first.KillAsync(Cancel);
        }

        await using var third = await GatewayProcess.ServeAsync(_folder.Path, Cancel);
        Assert.Equal($"{third.Id}\n", await File.ReadAllTextAsync(_folder.PathOf(".gateway/gateway.pid"), Cancel));
    }

    [Fact(Timeout = 60_000)]
    public async Task AdminTokenReset_BesideARunningGateway_CountsAtOnce()
    {
        await using var gateway = await GatewayProcess.ServeAsync(_folder.Path, Cancel);
        var before = await File.ReadAllTextAsync(_folder.PathOf(".gateway/admin-token"), Cancel);
        await File.WriteAllTextAsync(_folder.PathOf("old-token"), before, Cancel);
        await GatewayProcess.RunAsync(_folder.Path, Cancel, "status", "--admin", gateway.Admin.ToString());
        await GatewayProcess.RunAsync(_folder.Path, Cancel, "admin-token", "reset");
        await GatewayProcess.RunAsync(_folder.Path, Cancel, "status", "--admin", gateway.Admin.ToString());
        await using var old = GatewayProcess.Start(_folder.Path, "status", "--admin", gateway.Admin.ToString(), "--token-file", "old-token");
        Assert.Equal(1, await old.ExitAsync(Cancel));
    }

    [Fact]
    public void Take_WhileItIsHeld_IsRefusedAndThenGranted()
    {
        var state = _folder.PathOf("state");
        using (StateLock.Take(state)) Assert.Contains(state, Assert.Throws<StorageException>(() => StateLock.Take(state)).Message, StringComparison.Ordinal);
        using var again = StateLock.Take(state);
    }

    public void Dispose() => _folder.Dispose();
}
