using System.Data.Common;
using System.Text;
using OrleansGateway.Audit;
using OrleansGateway.Configuration;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>
/// The token that opens the admin API. Made at the first start; the store keeps its SHA-256, and a file that only its owner may read keeps the token
/// for the command line on the same machine. The file may be deleted: whoever noted the token can still use it.
/// </summary>
internal sealed class AdminToken
{
    /// <summary>Name of the token's file in the state folder.</summary>
    public const string FileName = "admin-token";

    private readonly IAdminTokenStore _store;
    private volatile Known? _known;

    /// <summary>That of a store, which is asked for it at each use.</summary>
    public AdminToken(IAdminTokenStore store) => _store = store;

    /// <summary>The token itself if this start made it, to be printed once; none at later starts.</summary>
    public Secret? Fresh { get; private set; }

    /// <summary>Makes the token, unless there is one.</summary>
    public static async Task<AdminToken> OpenAsync(IAdminTokenStore store, string stateFolder, TimeProvider time, CancellationToken cancellation)
    {
        var token = new AdminToken(store);
        await token.MakeFirstAsync(stateFolder, time, cancellation);
        return token;
    }

    /// <summary>The same; answers it if it was made.</summary>
    public async Task<Secret?> MakeFirstAsync(string stateFolder, TimeProvider time, CancellationToken cancellation)
    {
        if (await _store.ReadAsync(cancellation) is not null) return null;
        var (text, path) = (KeyText.New(KeyText.AdminPrefix), Path.Combine(stateFolder, FileName));
        // The file first: after a crash in between, the next start makes another token. The other way round, nobody would know the token.
        WriteFile(path, text);
        var audit = new AuditEntry(time.GetUtcNow(), AuditActor.Start, "admin_token.create", AdminPrincipal.BootstrapId);
        if (await _store.AddAsync(KeyHash.Of(text), audit, cancellation)) return Fresh = new Secret(text);
        // Another node of the cluster was first, at the same time.
        File.Delete(path);
        return null;
    }

    /// <summary>Makes a new token; the one before is refused at once, by a gateway that is running too.</summary>
    public static async Task<AdminToken> MakeAsync(IAdminTokenStore store, string stateFolder, AuditEntry audit, CancellationToken cancellation)
    {
        // The file first, as at the start.
        var text = KeyText.New(KeyText.AdminPrefix);
        WriteFile(Path.Combine(stateFolder, FileName), text);
        await store.WriteAsync(KeyHash.Of(text), audit, cancellation);
        return new AdminToken(store) { Fresh = new Secret(text) };
    }

    /// <summary>
    /// Whether that is the token's hash. Takes the same time wherever two hashes differ. Read anew each time, some 50 µs: another process may just have made
    /// another token, because this one has leaked. While the store does not answer, the token is the one that was read last: as with keys and with other admins.
    /// </summary>
    public async ValueTask<bool> IsAsync(KeyHash hash, CancellationToken cancellation)
    {
        try
        {
            await LoadAsync(cancellation);
        }
        catch (Exception failed) when (failed is DbException or TimeoutException && _known is not null)
        {
            // Whatever the request needs of the store it is told itself.
        }

        return _known?.Hash is { } known && hash.Equals(known);
    }

    /// <summary>Reads its hash, for when the store does not answer.</summary>
    public async Task LoadAsync(CancellationToken cancellation) => _known = new Known(await _store.ReadAsync(cancellation));

    /// <summary>Hash of the token that an <c>Authorization</c> header carries; none if it carries none.</summary>
    public static KeyHash? HashOf(string? authorization)
    {
        const string bearer = "Bearer ";
        if (authorization is null || authorization.Length > 256 || !authorization.StartsWith(bearer, StringComparison.OrdinalIgnoreCase)) return null;
        return KeyHash.Of(authorization.AsSpan(bearer.Length).Trim());
    }

    private static void WriteFile(string path, string token)
    {
        // A file that is overwritten keeps its rights, whatever they are.
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(token + "\n"));
        file.Flush(flushToDisk: true);
    }

    /// <summary>What was read last: none if no token was made yet.</summary>
    private sealed record Known(KeyHash? Hash);
}
