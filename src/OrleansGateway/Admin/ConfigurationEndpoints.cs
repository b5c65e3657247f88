using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Shows, checks, compares and changes the configuration.</summary>
internal sealed class ConfigurationEndpoints(ConfigurationChanges changes)
{
    private static readonly Refusal NotValid = new(
        422, "invalid_configuration", "The configuration is not valid; the one before stays in force. See errors.");

    private static readonly Refusal NoVersion = new(
        428, "version_required", "Say on which version the change is built: If-Match with the version of GET /admin/v1/config, in double quotes.");

    private static readonly Refusal NotWritable = new(
        409, "config_not_writable", "The gateway may not write the configuration file; the log says why. Change it where it comes from.");

    private static readonly Refusal FileChanged = new(
        412, "config_file_changed", "The file on disk holds an edit that is not in force, which this would write over. Reload it, or put it back.");

    private static readonly Refusal StoreUnavailable = new(
        503, "store_unavailable", "The cluster's store did not say that it has the configuration. Look which version is in force before trying again.");

    private SnapshotSource Source => changes.Source;

    /// <summary><c>GET /config</c>.</summary>
    public Task<IResult> GetAsync(AdminCall call) => Task.FromResult(InForce(call));

    /// <summary><c>POST /config/reload</c>: answers once the new configuration is in force, or with every fault that keeps it out.</summary>
    public async Task<IResult> ReloadAsync(AdminCall call) => Answer(call, await Source.ReloadAsync(changes.By(call.Actor), call.Aborted));

    /// <summary><c>GET /config/document</c>: the text that is running, its secrets masked.</summary>
    public Task<IResult> DocumentAsync(AdminCall call)
    {
        call.Http.Response.Headers.ETag = $"\"{Source.Current.Version}\"";
        return Task.FromResult(Results.Text(ConfigurationText.Mask(Source.Text), "application/yaml; charset=utf-8"));
    }

    /// <summary><c>POST /config/check</c>: what is wrong with a text; nothing is changed.</summary>
    public async Task<IResult> CheckAsync(AdminCall call)
    {
        var (text, refused) = await RequestBody.ReadTextAsync(call.Http, ConfigurationSources.ConfigBytesMax);
        if (refused is not null) return refused;
        var faults = Source.Check(text!);
        return AdminAnswer.Json(new CheckDocument(faults.Count == 0, AdminAnswer.Errors(faults)), AdminJson.Default.CheckDocument);
    }

    /// <summary><c>POST /config/diff</c>: what a text would change.</summary>
    public async Task<IResult> DiffAsync(AdminCall call)
    {
        var (text, refused) = await RequestBody.ReadTextAsync(call.Http, ConfigurationSources.ConfigBytesMax);
        if (refused is not null) return refused;
        var running = Source.Text;
        // Of a text with faults not all could be shown safely: what is no secret's place may hold one.
        if (Source.Check(text!) is { Count: > 0 } faults) return AdminAnswer.Problem(NotValid, AdminAnswer.Errors(faults));
        var found = ConfigurationDiff.Between(running, Source.Filled(text!)).ToLookup(c => c.Before is null ? "added" : c.After is null ? "removed" : "changed");
        return AdminAnswer.Json(
            new DiffDocument(Source.Current.Version, [.. found["added"]], [.. found["removed"]], [.. found["changed"]]), AdminJson.Default.DiffDocument);
    }

    /// <summary><c>PUT /config</c>: the text is the configuration from now on. Sending it again changes nothing.</summary>
    public async Task<IResult> PutAsync(AdminCall call)
    {
        if (((string?)call.Http.Request.Headers.IfMatch)?.Trim() is not { Length: > 0 } match) return AdminAnswer.Problem(NoVersion);
        var (text, refused) = await RequestBody.ReadTextAsync(call.Http, ConfigurationSources.ConfigBytesMax);
        if (refused is not null) return refused;
        var request = new ApplyRequest(text!, match == "*" ? null : match.Trim('"'));
        return Answer(call, await changes.ApplyAsync(request, call.Actor, "config.apply", call.Aborted));
    }

    /// <summary><c>GET /config/history</c>: every configuration that was in force, newest first; with <c>version</c>, the text of that one.</summary>
    public async Task<IResult> HistoryAsync(AdminCall call)
    {
        var query = call.Http.Request.Query;
        if (QueryText.Unknown(query, ["version"]) is { Count: > 0 } faults) return AdminAnswer.Invalid(faults);
        if (QueryText.Of(query, "version") is { } version)
        {
            return await changes.History.FindAsync(version, call.Aborted) is { } found
                ? Results.Text(found.Text, "application/yaml; charset=utf-8")
                : AdminAnswer.Problem(NoSuchVersion(version));
        }

        var all = await changes.History.ListAsync(call.Aborted);
        return AdminAnswer.Json(
            new HistoryDocument([.. all.Select(a => new AppliedDocument(a.Version, a.At, a.Actor))]), AdminJson.Default.HistoryDocument);
    }

    /// <summary><c>POST /config/rollback</c>: a configuration that was in force is so again.</summary>
    public async Task<IResult> RollbackAsync(AdminCall call)
    {
        var (asked, refused) = await RequestBody.ReadAsync(call.Http, AdminJson.Default.RollbackDocument);
        if (refused is not null) return refused;
        if (asked!.Version is not { Length: > 0 } version) return AdminAnswer.Invalid([new KeyFault("version", "Is needed: a version of the history.")]);
        if (await changes.FindTextAsync(version, call.Aborted) is not { } target) return AdminAnswer.Problem(NoSuchVersion(version));
        // Going back is how one gets out of a broken edit, so that it may write over one.
        var request = new ApplyRequest(target, Version: null, OverEdits: true);
        return Answer(call, await changes.ApplyAsync(request, call.Actor, "config.rollback", call.Aborted));
    }

    private static Refusal NoSuchVersion(string version) => Refusal.NotFound("version_not_found", $"The history has no version '{version}'.");

    private IResult Answer(AdminCall call, ApplyResult applied) => applied.Obstacle switch
    {
        ApplyObstacle.VersionChanged => AdminAnswer.Problem(new Refusal(
            412, "version_changed", $"The version in force is {applied.Reload.Version}. Look at what changed, and build on that.")),
        ApplyObstacle.FileChanged => AdminAnswer.Problem(FileChanged),
        ApplyObstacle.NotWritable => AdminAnswer.Problem(NotWritable),
        ApplyObstacle.StoreUnavailable => AdminAnswer.Problem(StoreUnavailable),
        _ => Answer(call, applied.Reload),
    };

    private IResult Answer(AdminCall call, ReloadResult result) =>
        result.Faults.Count == 0 ? InForce(call) : AdminAnswer.Problem(NotValid, AdminAnswer.Errors(result.Faults));

    private IResult InForce(AdminCall call)
    {
        call.Http.Response.Headers.ETag = $"\"{Source.Current.Version}\"";
        return AdminAnswer.Json(ConfigurationDocument.Of(changes), AdminJson.Default.ConfigurationDocument);
    }
}
