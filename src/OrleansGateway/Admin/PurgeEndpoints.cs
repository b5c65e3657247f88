using System.Text.Json;
using OrleansGateway.Audit;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Invalidates what is cached, and answers when it is done everywhere.</summary>
internal sealed class PurgeEndpoints(Publisher publisher, TenantDirectory tenants, IAuditLog log, TimeProvider time)
{
    /// <summary>The code of an answer where the store of invalidations fails.</summary>
    public static readonly Refusal Unavailable = new(
        StatusCodes.Status503ServiceUnavailable, "invalidation_unavailable", "It could not be written down and is not acknowledged; it may have been applied. Send it again.");

    private static readonly Refusal s_otherTenant = Refusal.Forbidden("forbidden_for_role", "Your token is bound to another tenant.");

    public static AdminEndpoint[] Of(PurgeEndpoints purge, EventIntakeEndpoints events) =>
    [
        new("POST", "/purge", Permission.PurgeCache, "Invalidates what is cached, by tags, URLs, prefixes, hosts or groups, or all. Answers when none of it is given any more.", call => purge.PurgeAsync(call))
            { Body = AdminJson.Default.PurgeRequest, Answer = AdminJson.Default.PurgeDocument, Refusals = [400, 413, 422, 503] },
        new("POST", "/events", Permission.PurgeCache, "Takes in an event of a source of the configuration, in that source's form. Answers when what it invalidates is given no more.", call => events.AcceptAsync(call))
            { Answer = AdminJson.Default.EventOutcomeDocument, Refusals = [404, 413, 422, 503], Query = ["source"] },
        new("GET", "/events/parked", Permission.ReadEvents, "Messages that were refused, oldest first, and why.", call => events.ListAsync(call))
            { Answer = AdminJson.Default.ParkedListDocument, Refusals = [422, 503], Query = EventIntakeEndpoints.Filters },
        new("GET", "/events/parked/{id}", Permission.ReadEvents, "One message that was refused, with its body.", call => events.GetAsync(call)) { Answer = AdminJson.Default.ParkedDocument, Refusals = [404, 503] },
        new("POST", "/events/parked/{id}/retry", Permission.ChangeEvents, "Takes in a refused message by the rules that are in force now. One that is taken is kept no more.", call => events.RetryAsync(call))
            { Answer = AdminJson.Default.EventOutcomeDocument, Refusals = [404, 422, 503] },
        new("DELETE", "/events/parked/{id}", Permission.ChangeEvents, "Forgets a refused message.", call => events.DeleteAsync(call)) { Status = 204, Refusals = [404, 503] },
    ];

    /// <summary><c>POST /purge</c>.</summary>
    public async Task<IResult> PurgeAsync(AdminCall call)
    {
        var (request, refused) = await RequestBody.ReadAsync(call.Http, AdminJson.Default.PurgeRequest);
        if (refused is not null) return refused;
        var own = call.Principal.Tenant;
        if (own is not null && request!.Tenant is { } other && other != own) return AdminAnswer.Problem(s_otherTenant);
        var (fields, tenant) = (FieldsOf(request!), request!.Tenant ?? own);
        if (request.Mode is not (null or "hard" or "soft")) fields.Fault("mode", "Must be hard or soft.");
        if (tenant is not null && !tenants.Ids().Contains(tenant, StringComparer.Ordinal)) fields.Fault("tenant", "There is no tenant with this id.");
        if (fields.Faults.Count == 0 && fields.Selectors.Count == 0) fields.Fault("", "Selects nothing: give tags, urls, prefixes, hosts, groups or all.");
        if (fields.Faults.Count > 0) return AdminAnswer.Invalid([.. fields.Faults.Select(static f => new KeyFault(f.Path, f.Message))]);
        var mode = request.Mode == "soft" ? InvalidationMode.Soft : InvalidationMode.Hard;
        var asked = new InvalidationRequest(tenant ?? Mapping.AllTenants, fields.Selectors, mode, EventId: null, OccurredAt: null, call.Principal.Id);
        try
        {
            var receipt = await publisher.PublishAsync(asked, call.Aborted);
            var document = new PurgeDocument(receipt.Seq, Applied: true, tenant, mode == InvalidationMode.Soft ? "soft" : "hard", [.. fields.Selectors.Select(static s => s.ToString())]);
            await NoteAsync(call, document);
            return AdminAnswer.Json(document, AdminJson.Default.PurgeDocument);
        }
        catch (InvalidationException)
        {
            return AdminAnswer.Problem(Unavailable);
        }
    }

    private static SelectorFields FieldsOf(PurgeRequest request)
    {
        var fields = new SelectorFields();
        Each("tags", request.Tags, fields.AddTag);
        Each("urls", request.Urls, fields.AddUrl);
        Each("prefixes", request.Prefixes, fields.AddPrefix);
        Each("hosts", request.Hosts, fields.AddHost);
        Each("groups", request.Groups, fields.AddGroup);
        if (request.All == true) fields.Add(Selector.All, "all", "");
        return fields;

        static void Each(string name, IReadOnlyList<string>? texts, Action<string, string> add)
        {
            for (var i = 0; i < texts?.Count; i++) add(texts[i] ?? "", string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]"));
        }
    }

    private Task NoteAsync(AdminCall call, PurgeDocument done)
    {
        var target = string.Join(", ", done.Selectors.Take(3)) + (done.Selectors.Count > 3 ? ", …" : "");
        return log.AppendAsync(
            new AuditEntry(time.GetUtcNow(), call.Actor, "cache.purge", target.Length > 200 ? target[..200] : target, done.Tenant, After: JsonSerializer.Serialize(done, AdminJson.Default.PurgeDocument)),
            CancellationToken.None);
    }
}
