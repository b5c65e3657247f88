using System.Text.Json;
using OrleansGateway.Accounting;
using OrleansGateway.Audit;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Tenants;
using OrleansGateway.Usage;

namespace OrleansGateway.Admin;

/// <summary>Proves that the books agree, and mends what was billed at wrong prices.</summary>
internal sealed class AccountingEndpoints(UsageAudit audit, Rerate rerate, IAuditLog log, TimeProvider time)
{
    private const int ReasonCharsMax = 256;

    private volatile UsageAuditDocument? _last;

    /// <summary><c>POST /audit/usage</c>: takes as long as reading all records does.</summary>
    public Task<IResult> AuditAsync(AdminCall call) => TryAsync(async () =>
    {
        var made = UsageAuditDocument.Of(await audit.RunAsync(call.Aborted));
        _last = made;
        return AdminAnswer.Json(made, AdminJson.Default.UsageAuditDocument);
    });

    /// <summary><c>GET /audit/usage</c>.</summary>
    public Task<IResult> LastAsync(AdminCall call) => Task.FromResult(_last is { } made
        ? AdminAnswer.Json(made, AdminJson.Default.UsageAuditDocument)
        : AdminAnswer.Problem(Refusal.NotFound("no_audit_yet", "No audit of usage was made since this gateway started; POST makes one.")));

    /// <summary><c>POST /usage/rerate</c>.</summary>
    public async Task<IResult> RerateAsync(AdminCall call)
    {
        var (request, refused) = await RequestBody.ReadAsync(call.Http, AdminJson.Default.RerateRequest);
        if (refused is not null) return refused;
        var faults = new List<KeyFault>();
        if (request!.Since is null) faults.Add(new("since", "Must be an instant, such as 2030-01-31T00:00:00Z."));
        if (request.Until <= request.Since) faults.Add(new("until", "Must be after since."));
        if (request.Reason?.Length > ReasonCharsMax) faults.Add(new("reason", $"Must be at most {ReasonCharsMax} characters."));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        return await TryAsync(async () =>
        {
            var order = new RerateOrder(request.Since!.Value, request.Until, request.Provider, request.Model, request.DryRun ?? false, call.Principal.Id, request.Reason);
            var done = RerateDocument.Of(await rerate.RunAsync(order, call.Aborted));
            if (!done.DryRun) await NoteAsync(call, request, done);
            return AdminAnswer.Json(done, AdminJson.Default.RerateDocument);
        });
    }

    private static async Task<IResult> TryAsync(Func<Task<IResult>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failed) when (failed is UsageStoreException or LedgerException or IOException)
        {
            return AdminAnswer.Problem(new Refusal(StatusCodes.Status503ServiceUnavailable, "usage_unavailable", $"The books cannot be read or written now; what is done stays. {failed.Message}"));
        }
    }

    private Task NoteAsync(AdminCall call, RerateRequest request, RerateDocument done)
    {
        var facts = new RerateFacts(done.Corrected, done.Difference, request.Model, request.Provider, request.Reason, request.Since, request.Until);
        return log.AppendAsync(
            new AuditEntry(time.GetUtcNow(), call.Actor, "usage.rerate", done.Run, null, null, JsonSerializer.Serialize(facts, AdminJson.Default.RerateFacts)), call.Aborted);
    }
}

/// <summary>What the audit of usage found. <c>Agree</c> says that there are no differences; notes are no faults.</summary>
internal sealed record UsageAuditDocument(
    bool Agree, DateTimeOffset At, long Records, long Priced, long Accounts, IReadOnlyList<AuditDifference> Differences, IReadOnlyList<AuditNote> Notes)
{
    public static UsageAuditDocument Of(AuditReport report) =>
        new(report.Differences.Count == 0, report.At, report.Records, report.Priced, report.Accounts, report.Differences, report.Notes);
}

/// <summary>Which records are to be reckoned anew.</summary>
internal sealed record RerateRequest
{
    /// <summary>From this instant on. Needed.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Before this one. Default: now.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Only of this provider.</summary>
    public string? Provider { get; init; }

    /// <summary>Only of this model, as clients name it.</summary>
    public string? Model { get; init; }

    /// <summary>Whether to say only what it would do. Default false.</summary>
    public bool? DryRun { get; init; }

    /// <summary>Why, for the audit log; up to 256 characters.</summary>
    public string? Reason { get; init; }
}

/// <summary>
/// What came of it. <c>Corrected</c> records cost <c>Difference</c> US dollars more, or less, in all, and tenants are billed <c>Billed</c> more; <c>Unpriced</c> ones stay as they are, because nobody states a price for them now.
/// </summary>
internal sealed record RerateDocument(
    string Run, DateTimeOffset At, bool DryRun, long Corrected, long Unchanged, long Unpriced, string Difference, string Billed, IReadOnlyList<RerateBudgetDocument> Budgets)
{
    public static RerateDocument Of(RerateResult result) => new(
        result.Run, result.At, result.IsDry, result.Corrected, result.Right, result.Unpriced, NanoUsd.Format(result.Difference), NanoUsd.Format(result.Billed),
        [.. result.Charges.Select(c => new RerateBudgetDocument(BudgetEndpoints.IdOf(c.Account), c.Account.Scope, c.Period, NanoUsd.Format(c.Amount)))]);
}

/// <summary>What a budget was charged more, or less, in one of its periods.</summary>
internal sealed record RerateBudgetDocument(string Budget, string Scope, long Period, string Difference);

/// <summary>A mended price as the audit log shows it, members in alphabetical order.</summary>
internal sealed record RerateFacts(long Corrected, string Difference, string? Model, string? Provider, string? Reason, DateTimeOffset? Since, DateTimeOffset? Until);
