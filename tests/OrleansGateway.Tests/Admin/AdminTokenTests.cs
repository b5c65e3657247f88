using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Admin;
using OrleansGateway.Audit;
using OrleansGateway.Cli;
using OrleansGateway.Configuration;
using OrleansGateway.Tests.Storage;
using OrleansGateway.Tests.Tenants;

namespace OrleansGateway.Tests.Admin;

public sealed class AdminTokenTests : IDisposable
{
    private readonly StateFolder _folder = new();
    private readonly TestDirectory _directory;

    public AdminTokenTests() => _directory = new TestDirectory(NullLoggerFactory.Instance, new ManualTime(), _folder.Path);

    private string TokenFile => _folder.File(AdminToken.FileName);

    [Fact]
    public async Task OpenAsync_AtTheFirstStart_MakesTheTokenForItsOwnerOnly()
    {
        var token = await OpenAsync();
        Assert.Matches("^oga_[0-9A-Za-z]{49}$", token.Fresh!.Reveal());
        Assert.Equal(token.Fresh.Reveal() + "\n", await File.ReadAllTextAsync(TokenFile, TestContext.Current.CancellationToken));
        Assert.True(await AcceptsAsync(token, $"Bearer {token.Fresh.Reveal()}"));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(TokenFile));
    }

    [Fact]
    public async Task OpenAsync_AtALaterStartWithoutTheFile_StillAcceptsTheToken()
    {
        var text = (await OpenAsync()).Fresh!.Reveal();
        File.Delete(TokenFile);
        var later = await OpenAsync();
        Assert.Null(later.Fresh);
        Assert.False(File.Exists(TokenFile));
        Assert.True(await AcceptsAsync(later, $"bearer {text}"));
        Assert.False(await AcceptsAsync(later, $"Bearer {text[..^1]}"));
    }

    [Fact]
    public async Task OpenAsync_WhenAFileOpenToOthersIsThere_ReplacesIt()
    {
        await File.WriteAllTextAsync(TokenFile, "old", TestContext.Current.CancellationToken);
        await OpenAsync();
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(TokenFile));
    }

    [Fact]
    public async Task Reset_ByTheCommand_MakesATokenThatARunningGatewayTakesAtOnce()
    {
        var running = await OpenAsync();
        var before = running.Fresh!.Reveal();
        Assert.True(await AcceptsAsync(running, "Bearer " + before));
        using var output = new StringWriter();
        var command = GatewayCommandLine.Create().Parse(["admin-token", "reset", "--state", _folder.Path]);
        Assert.Equal(0, await command.InvokeAsync(new() { Output = output, Error = TextWriter.Null }, TestContext.Current.CancellationToken));
        Assert.True(await AcceptsAsync(running, "Bearer " + output.ToString().Trim()));
        Assert.False(await AcceptsAsync(running, "Bearer " + before));
    }

    [Fact]
    public async Task IsAsync_WhileTheStoreDoesNotAnswer_GoesByWhatWasReadLast()
    {
        var text = (await OpenAsync()).Fresh!.Reveal();
        var store = new FailingStore(_directory.AdminTokens);
        var (knows, knowsNothing) = (new AdminToken(store), new AdminToken(store));
        await knows.LoadAsync(TestContext.Current.CancellationToken);
        store.Fails = true;

        Assert.True(await AcceptsAsync(knows, "Bearer " + text));
        Assert.False(await AcceptsAsync(knows, "Bearer " + text[..^1]));
        await Assert.ThrowsAsync<TimeoutException>(() => AcceptsAsync(knowsNothing, "Bearer " + text));

        store.Fails = false;
        await store.WriteAsync(AdminToken.HashOf("Bearer another")!.Value, new AuditEntry(DateTimeOffset.UnixEpoch, AuditActor.Start, "admin_token.reset", "x"), TestContext.Current.CancellationToken);
        Assert.False(await AcceptsAsync(knows, "Bearer " + text));
    }

    [Fact]
    public async Task Reset_WhereThereIsNoState_MakesNone()
    {
        using var error = new StringWriter();
        var empty = _folder.File("empty");
        var command = GatewayCommandLine.Create().Parse(["admin-token", "reset", "--state", empty]);
        Assert.Equal(1, await command.InvokeAsync(new() { Output = TextWriter.Null, Error = error }, TestContext.Current.CancellationToken));
        Assert.Contains(empty, error.ToString());
        Assert.False(Directory.Exists(empty));
    }

    public void Dispose()
    {
        _directory.Dispose();
        _folder.Dispose();
    }

    private static async Task<bool> AcceptsAsync(AdminToken token, string authorization) =>
        await token.IsAsync(AdminToken.HashOf(authorization)!.Value, TestContext.Current.CancellationToken);

    private Task<AdminToken> OpenAsync() => AdminToken.OpenAsync(_directory.AdminTokens, _folder.Path, _directory.Time, TestContext.Current.CancellationToken);

    private sealed class FailingStore(IAdminTokenStore store) : IAdminTokenStore
    {
        public bool Fails { get; set; }

        public Task<KeyHash?> ReadAsync(CancellationToken cancellation) => Fails ? throw new TimeoutException() : store.ReadAsync(cancellation);

        public Task<bool> AddAsync(KeyHash hash, AuditEntry audit, CancellationToken cancellation) => store.AddAsync(hash, audit, cancellation);

        public Task WriteAsync(KeyHash hash, AuditEntry audit, CancellationToken cancellation) => store.WriteAsync(hash, audit, cancellation);
    }
}
