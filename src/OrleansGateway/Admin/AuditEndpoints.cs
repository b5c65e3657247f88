using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansGateway.Audit;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Shows the audit log, and proves it.</summary>
internal sealed class AuditEndpoints(IAuditLog log)
{
    public static readonly string[] Filters = ["actor", "action", "target", "tenant", "since", "until", "limit", "cursor", "format"];

    /// <summary><c>GET /audit</c>: newest first; with <c>format=jsonl</c> all that match, oldest first, one JSON object a line.</summary>
    public async Task<IResult> ListAsync(AdminCall call)
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, Filters);
        var filter = new AuditFilter(
            QueryText.Limit(query, faults), QueryText.Of(query, "actor"), QueryText.Of(query, "action"), QueryText.Of(query, "target"), QueryText.Of(query, "tenant"),
            QueryText.Instant(query, "since", faults), QueryText.Instant(query, "until", faults), QueryText.Cursor(query, faults));
        var format = QueryText.Of(query, "format") ?? "json";
        if (format is not ("json" or "jsonl")) faults.Add(new KeyFault("format", "Must be json or jsonl."));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        if (format == "jsonl") return Results.Stream(stream => ExportAsync(stream, filter, call.Aborted), "application/x-ndjson");
        var page = await log.ListAsync(filter, call.Aborted);
        return AdminAnswer.Json(
            new AuditListDocument([.. page.Records.Select(DocumentOf)], page.Next?.ToString(CultureInfo.InvariantCulture)), AdminJson.Default.AuditListDocument);
    }

    /// <summary><c>GET /audit/verify</c>: reads the whole log; <c>sequence</c> and <c>hash</c> also hold it to a head that was noted before.</summary>
    public async Task<IResult> VerifyAsync(AdminCall call)
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, ["sequence", "hash"]);
        var hash = QueryText.Of(query, "hash");
        var sequence = 0L;
        if (hash is not null && !long.TryParse(QueryText.Of(query, "sequence"), NumberStyles.None, CultureInfo.InvariantCulture, out sequence))
            faults.Add(new KeyFault("sequence", "Must be the number of the record that has the hash."));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var verdict = await log.VerifyAsync(call.Aborted);
        var fault = verdict.Fault;
        if (hash is not null && (await log.FindAsync(sequence, call.Aborted))?.Hash != hash)
            fault ??= $"Record {sequence} has not the hash that was noted: the log was written anew.";
        return AdminAnswer.Json(new AuditVerdictDocument(fault is null, verdict.Records, verdict.Head, fault), AdminJson.Default.AuditVerdictDocument);
    }

    private async Task ExportAsync(Stream stream, AuditFilter filter, CancellationToken cancellation)
    {
        await foreach (var record in log.ReadAllAsync(filter, cancellation))
        {
            await JsonSerializer.SerializeAsync(stream, DocumentOf(record), AdminJson.Default.AuditDocument, cancellation);
            await stream.WriteAsync("\n"u8.ToArray(), cancellation);
        }
    }

    private static AuditDocument DocumentOf(AuditRecord record) => new(
        record.Sequence, record.Entry.At, record.Entry.By.Id, record.Entry.By.Role, record.Entry.By.Address, record.Entry.By.RequestId, record.Entry.Action,
        record.Entry.Target, record.Entry.Tenant, Json(record.Entry.Before), Json(record.Entry.After), record.PreviousHash, record.Hash);

    // What was tampered with may be no JSON any more, and must be seen all the same.
    private static JsonNode? Json(string? text)
    {
        try
        {
            return text is null ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
