using System.Text.Json.Serialization.Metadata;
using OrleansGateway.Admin.Insights;
using OrleansGateway.Audit;
using OrleansGateway.Leases;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>All endpoints of the admin API, in the order in which its document lists them.</summary>
internal static class AdminEndpoints
{
    private static readonly (string, bool)[] Idempotency = [("Idempotency-Key", false)];

    public static IReadOnlyList<AdminEndpoint> All(
        KeyDirectory keys, TenantDirectory tenants, AdminDirectory admins, ConfigurationChanges changes, IAuditLog log, BudgetEndpoints budgets, LimitEndpoints limits,
        UsageEndpoints usage, InsightEndpoints insights, AccountingEndpoints accounting, WebhookEndpoints webhooks, PurgeEndpoints purge, EventIntakeEndpoints events, CacheEndpoints cache, ClusterEndpoints cluster, Func<StatusDocument> status,
        Func<UpstreamListDocument> upstreams, Func<ScalingDocument> scaling, TimeProvider time) =>
    [
        .. Of(new KeyEndpoints(keys, time)),
        .. Of(new TenantEndpoints(tenants)),
        .. Of(new AccountEndpoints(admins)),
        .. Of(new ConfigurationEndpoints(changes)),
        .. Of(new AuditEndpoints(log)),
        .. Of(budgets),
        .. Of(accounting),
        new("GET", "/limits/explain", Permission.ReadBudgets, "Which limits and budgets a call meets, and how they stand.", call => limits.ExplainAsync(call))
            { Answer = AdminJson.Default.LimitExplanationDocument, Refusals = [422], Query = LimitEndpoints.Filters },
        .. Of(usage),
        new("GET", "/usage/insights", Permission.ReadUsage, "What usage tells that an operator may act on, with the figures behind it.", call => insights.ListAsync(call))
            { Answer = AdminJson.Default.InsightListDocument, Refusals = [422, 503], Query = InsightEndpoints.Filters },
        .. Of(webhooks),
        .. PurgeEndpoints.Of(purge, events),
        .. CacheEndpoints.Of(cache),
        .. ClusterEndpoints.Of(cluster),
        new("GET", "/status", Permission.ReadStatus, "The gateway as it is now, and its providers over the last minutes.",
            _ => Task.FromResult(AdminAnswer.Json(status(), AdminJson.Default.StatusDocument))) { Answer = AdminJson.Default.StatusDocument },
        new("GET", "/upstreams", Permission.ReadStatus, "Upstreams and how their targets stand.",
            _ => Task.FromResult(AdminAnswer.Json(upstreams(), AdminJson.Default.UpstreamListDocument))) { Answer = AdminJson.Default.UpstreamListDocument },
        new("GET", "/scaling", Permission.ReadStatus, "The load as it is now, here and of all nodes, and how many replicas there should be.",
            _ => Task.FromResult(AdminAnswer.Json(scaling(), AdminJson.Default.ScalingDocument))) { Answer = AdminJson.Default.ScalingDocument },
        new("GET", "/openapi.json", Permission.ReadApi, "This document.",
            static _ => Task.FromResult(Results.Text(OpenApiDocument.Text, "application/json"))) { Answer = AdminJson.Default.JsonObject },
    ];

    private static AdminEndpoint[] Of(KeyEndpoints key) =>
    [
        new("POST", "/keys", Permission.ChangeKeys, "Makes a key. Its text is in this answer and in no other.", key.CreateAsync)
            { Body = AdminJson.Default.KeyRequest, Answer = AdminJson.Default.KeyDocument, Status = 201, Refusals = [400, 409, 413, 422], Headers = Idempotency },
        new("GET", "/keys", Permission.ReadKeys, "Lists keys, oldest first, revoked ones included.", key.ListAsync)
            { Answer = AdminJson.Default.KeyListDocument, Refusals = [422], Query = KeyEndpoints.Filters },
        new("GET", "/keys/{id}", Permission.ReadKeys, "One key.", key.GetAsync) { Answer = AdminJson.Default.KeyDocument, Refusals = [404] },
        new("POST", "/keys/{id}/rotate", Permission.ChangeKeys, "Gives a key a new text; the one before is accepted for the grace.", key.RotateAsync)
            { Body = AdminJson.Default.RotateDocument, Answer = AdminJson.Default.KeyDocument, Refusals = [400, 404, 409, 413, 422] },
        new("POST", "/keys/{id}/revoke", Permission.ChangeKeys, "Refuses a key from the next request on, for ever.", key.RevokeAsync)
            { Answer = AdminJson.Default.KeyDocument, Refusals = [404, 409] },
    ];

    private static AdminEndpoint[] Of(TenantEndpoints tenant) =>
    [
        .. Of(tenant, "/tenants", "/{id}", "tenant", Permission.ChangeTenants, AdminJson.Default.TenantListDocument, AdminJson.Default.TenantDocument),
        .. Of(tenant, "/tenants/{id}/teams", "/{team}", "team", Permission.ChangeMembers, AdminJson.Default.TeamListDocument, AdminJson.Default.TeamDocument),
        .. Of(tenant, "/tenants/{id}/teams/{team}/users", "/{user}", "user", Permission.ChangeMembers, AdminJson.Default.UserListDocument, AdminJson.Default.UserDocument),
    ];

    private static AdminEndpoint[] Of(
        TenantEndpoints tenant, string all, string id, string kind, Permission change, JsonTypeInfo list, JsonTypeInfo one) =>
    [
        new("GET", all, Permission.ReadTenants, $"Lists {kind}s of the configuration and those made at run time, in the order of their ids.", tenant.ListAsync)
            { Answer = list, Refusals = kind == "tenant" ? [422] : [404, 422], Query = TenantEndpoints.Filters },
        new("POST", all, change, $"Makes a {kind}. A repeat with the same content answers 200 with what is there.", tenant.CreateAsync)
        {
            Body = AdminJson.Default.OwnerRequest, Answer = one, Status = 201, RepeatStatus = 200,
            Refusals = kind == "tenant" ? [400, 409, 413, 422] : [400, 404, 409, 413, 422],
        },
        new("GET", all + id, Permission.ReadTenants, $"One {kind}, with all below it.", tenant.GetAsync) { Answer = one, Refusals = [404] },
        new("PATCH", all + id, change, $"Changes a {kind} made at run time, from the next request on; what is left out stays.", tenant.ChangeAsync)
            { Body = AdminJson.Default.OwnerChange, Answer = one, Refusals = [400, 404, 409, 413, 422] },
        new("DELETE", all + id, change, $"Deletes a {kind} made at run time, and all below it. Refused while keys of it are not revoked.", tenant.DeleteAsync)
            { Status = 204, Refusals = [404, 409] },
    ];

    private static AdminEndpoint[] Of(AccountEndpoints account) =>
    [
        new("POST", "/admins", Permission.ChangeAdmins, "Makes an admin. The token is in this answer and in no other.", account.CreateAsync)
            { Body = AdminJson.Default.AdminRequest, Answer = AdminJson.Default.AdminDocument, Status = 201, Refusals = [400, 409, 413, 422], Headers = Idempotency },
        new("GET", "/admins", Permission.ReadAdmins, "Lists admins, oldest first, revoked ones included.", account.ListAsync)
            { Answer = AdminJson.Default.AdminListDocument },
        new("POST", "/admins/{id}/rotate", Permission.ChangeAdmins, "Gives an admin a new token; the one before is refused at once.", account.RotateAsync)
            { Answer = AdminJson.Default.AdminDocument, Refusals = [404, 409] },
        new("POST", "/admins/{id}/revoke", Permission.ChangeAdmins, "Refuses an admin from the next call on, for ever.", account.RevokeAsync)
            { Answer = AdminJson.Default.AdminDocument, Refusals = [404, 409] },
    ];

    private static AdminEndpoint[] Of(ConfigurationEndpoints configuration) =>
    [
        new("GET", "/config", Permission.ReadConfiguration, "Which configuration is in force, and what was wrong with the last file read.", configuration.GetAsync)
            { Answer = AdminJson.Default.ConfigurationDocument },
        new("PUT", "/config", Permission.ChangeConfiguration, "Puts a text in the place of the configuration file and in force, if it is valid.", configuration.PutAsync)
        {
            TakesYaml = true, Answer = AdminJson.Default.ConfigurationDocument, Refusals = [400, 409, 412, 413, 422, 428, 503], Headers = [("If-Match", true)],
        },
        new("POST", "/config/reload", Permission.ChangeConfiguration, "Reads the configuration file and puts it in force, if it is valid.", configuration.ReloadAsync)
            { Answer = AdminJson.Default.ConfigurationDocument, Refusals = [422] },
        new("GET", "/config/document", Permission.ReadConfigurationText, "The text in force, with secrets that stand in it masked.", configuration.DocumentAsync)
            { OtherAnswers = [AdminEndpoint.Yaml] },
        new("POST", "/config/check", Permission.ReadConfigurationText, "Every fault of a text; changes nothing.", configuration.CheckAsync)
            { TakesYaml = true, Answer = AdminJson.Default.CheckDocument, Refusals = [400, 413] },
        new("POST", "/config/diff", Permission.ReadConfigurationText, "What a text would change, value by value; changes nothing.", configuration.DiffAsync)
            { TakesYaml = true, Answer = AdminJson.Default.DiffDocument, Refusals = [400, 413, 422] },
        new("GET", "/config/history", Permission.ReadConfigurationText, "The configurations that were in force, newest first; with version, the text of that one.", configuration.HistoryAsync)
            { Answer = AdminJson.Default.HistoryDocument, OtherAnswers = [AdminEndpoint.Yaml], Refusals = [404, 422], Query = ["version"] },
        new("POST", "/config/rollback", Permission.ChangeConfiguration, "Puts a configuration of the history in force again.", configuration.RollbackAsync)
        {
            Body = AdminJson.Default.RollbackDocument, Answer = AdminJson.Default.ConfigurationDocument, Refusals = [400, 404, 409, 412, 413, 422, 503],
        },
    ];

    private static AdminEndpoint[] Of(AuditEndpoints audit) =>
    [
        new("GET", "/audit", Permission.ReadAudit, "Every change, newest first; with format=jsonl all that match, oldest first, one a line.", audit.ListAsync)
            { Answer = AdminJson.Default.AuditListDocument, OtherAnswers = ["application/x-ndjson"], Refusals = [422], Query = AuditEndpoints.Filters },
        new("GET", "/audit/verify", Permission.ReadAudit, "Whether the audit log is as it was written.", audit.VerifyAsync)
            { Answer = AdminJson.Default.AuditVerdictDocument, Refusals = [422], Query = ["sequence", "hash"] },
    ];

    private static AdminEndpoint[] Of(UsageEndpoints usage) =>
    [
        new("GET", "/usage", Permission.ReadUsage, "What was used and what it cost, by whatever is asked for.", call => usage.ReportAsync(call))
        {
            Answer = AdminJson.Default.UsageReportDocument, OtherAnswers = [UsageExport.Csv, UsageExport.JsonLines], Refusals = [422, 503], Query = UsageEndpoints.ReportFilters,
        },
        new("GET", "/usage/records", Permission.ReadUsage, "Records of attempts, newest first; as CSV or JSON lines all that match, oldest first.", call => usage.RecordsAsync(call))
        {
            Answer = AdminJson.Default.UsageRecordListDocument, OtherAnswers = [UsageExport.Csv, UsageExport.JsonLines], Refusals = [422, 503], Query = UsageEndpoints.RecordFilters,
        },
        new("GET", "/usage/tail", Permission.ReadUsage, "Records as this gateway writes them, as server-sent events, until the caller goes.", call => usage.TailAsync(call))
            { OtherAnswers = [UsageTailAnswer.EventStream], Refusals = [422, 429], Query = UsageEndpoints.TailFilters },
    ];

    private static AdminEndpoint[] Of(BudgetEndpoints budgets) =>
    [
        new("GET", "/budgets", Permission.ReadBudgets, "Budgets as they stand in the period that it is now.", call => budgets.ListAsync(call))
            { Answer = AdminJson.Default.BudgetListDocument, Refusals = [422], Query = BudgetEndpoints.Filters },
        new("GET", "/budgets/suspense", Permission.ReadBudgets, "Money held by gateways that died, of which nobody knows whether it was spent.", call => budgets.SuspenseAsync(call))
            { Answer = AdminJson.Default.SuspenseListDocument, Refusals = [422], Query = BudgetEndpoints.Filters },
        Act("grant", "Adds money to a budget.", call => budgets.ActAsync(call, BudgetActKind.Grant)),
        Act("refund", "Gives back part of what was spent in this period.", call => budgets.ActAsync(call, BudgetActKind.Refund)),
        Act("adjust", "Raises the limit of this period, or lowers it.", call => budgets.ActAsync(call, BudgetActKind.Adjust)),
        Act("reset", "Nothing of this period counts as spent any more. What is held stays held.", call => budgets.ActAsync(call, BudgetActKind.Reset)),
        Act("settle", "Says what a hold in suspense has cost; the rest of it goes back.", call => budgets.ActAsync(call, BudgetActKind.Settle)) with { Refusals = [400, 404, 409, 413, 422, 503] },
    ];

    private static AdminEndpoint[] Of(AccountingEndpoints accounting) =>
    [
        new("POST", "/audit/usage", Permission.ReadAudit, "Compares ledger, usage records and sums, to the last nano-dollar, and names what differs. Reads all records.", call => accounting.AuditAsync(call))
            { Answer = AdminJson.Default.UsageAuditDocument, Refusals = [503] },
        new("GET", "/audit/usage", Permission.ReadAudit, "What the last such comparison since the start has found.", call => accounting.LastAsync(call))
            { Answer = AdminJson.Default.UsageAuditDocument, Refusals = [404] },
        new("POST", "/usage/rerate", Permission.ChangeBudgets, "Reckons anew what calls cost, with prices as they are known now, and posts the differences to records and budgets.", call => accounting.RerateAsync(call))
            { Body = AdminJson.Default.RerateRequest, Answer = AdminJson.Default.RerateDocument, Refusals = [400, 413, 422, 503] },
    ];

    private static AdminEndpoint[] Of(WebhookEndpoints webhooks) =>
    [
        new("GET", "/events", Permission.ReadEvents, "Events of one tenant, or with none those of the gateway itself, behind a sequence.", call => webhooks.EventsAsync(call))
            { Answer = AdminJson.Default.EventListDocument, Refusals = [422], Query = WebhookEndpoints.EventFilters },
        new("GET", "/webhooks", Permission.ReadEvents, "Webhooks and how they stand.", call => webhooks.ListAsync(call)) { Answer = AdminJson.Default.WebhookListDocument },
        new("GET", "/webhooks/{id}/deliveries", Permission.ReadEvents, "The last attempts of a webhook since the start, newest first.", call => webhooks.DeliveriesAsync(call))
            { Answer = AdminJson.Default.DeliveryListDocument, Refusals = [404] },
        new("GET", "/webhooks/{id}/dead-letters", Permission.ReadEvents, "Events that its receiver did not take, oldest first.", call => webhooks.DeadLettersAsync(call))
            { Answer = AdminJson.Default.DeadLetterListDocument, Refusals = [404, 422], Query = WebhookEndpoints.DeadLetterFilters },
        new("POST", "/webhooks/{id}/resend", Permission.ChangeEvents, "Sends dead letters now, one or up to a hundred; those received are dead letters no more.", call => webhooks.ResendAsync(call))
            { Answer = AdminJson.Default.ResentDocument, Refusals = [404, 422], Query = ["dead_letter"] },
        new("POST", "/webhooks/{id}/replay", Permission.ChangeEvents, "Sends a tenant's events, or the gateway's own, again from a sequence on.", call => webhooks.ReplayAsync(call))
            { Answer = AdminJson.Default.ReplayDocument, Refusals = [404, 422], Query = ["tenant", "from"] },
        new("POST", "/webhooks/{id}/test", Permission.ChangeEvents, "Sends an event of the type webhook.test now.", call => webhooks.TestAsync(call))
            { Answer = AdminJson.Default.DeliveryDocument, Refusals = [404] },
        new("POST", "/webhooks/{id}/enable", Permission.ChangeEvents, "Sends events again to a receiver that had said it was gone.", call => webhooks.EnableAsync(call))
            { Answer = AdminJson.Default.WebhookDocument, Refusals = [404] },
    ];

    private static AdminEndpoint Act(string name, string summary, Func<AdminCall, Task<IResult>> handler) => new("POST", $"/budgets/{name}", Permission.ChangeBudgets, summary, handler)
    {
        Body = AdminJson.Default.BudgetActRequest, Answer = AdminJson.Default.BudgetDocument, Refusals = [400, 404, 409, 413, 422], Headers = Idempotency,
    };
}
