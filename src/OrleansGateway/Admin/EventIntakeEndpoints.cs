using System.Text;
using OrleansGateway.Audit;
using OrleansGateway.Http;
using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Takes in events of backends, and shows those that were refused.</summary>
internal sealed class EventIntakeEndpoints(EventIntake intake, IParkedMessages parked, IAuditLog log, TimeProvider time)
{
    public static readonly string[] Filters = ["source", "limit", "cursor"];

    private static readonly Refusal s_noSource = Refusal.NotFound("no_such_source", "The configuration states no source with this id in invalidation.sources.");
    private static readonly Refusal s_notFound = Refusal.NotFound("no_such_message", "No refused message has this number; it may have been taken or deleted.");

    /// <summary><c>POST /events</c>.</summary>
    public async Task<IResult> AcceptAsync(AdminCall call)
    {
        var faults = QueryText.Unknown(call.Http.Request.Query, ["source"]);
        var source = QueryText.Of(call.Http.Request.Query, "source");
        if (source is null && faults.Count == 0) faults.Add(new KeyFault("source", "Is needed: the id of a source in invalidation.sources."));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        // One byte more than is allowed, so that what is too long is refused by the rules for messages, and kept.
        var (body, refused) = await RequestBody.ReadBytesAsync(call.Http, EventMapper.BytesMax * 2);
        if (refused is not null) return refused;
        var headers = call.Http.Request.Headers.Select(static h => new KeyValuePair<string, string>(h.Key, h.Value.ToString()));
        return await AnswerAsync(() => intake.AcceptAsync(source!, headers, body, call.Principal.Tenant, call.Aborted));
    }

    /// <summary><c>GET /events/parked</c>.</summary>
    public Task<IResult> ListAsync(AdminCall call) => GuardAsync(async () =>
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, Filters);
        var (limit, cursor) = (QueryText.Limit(query, faults), QueryText.Cursor(query, faults));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var messages = await parked.ListAsync(QueryText.Of(query, "source"), cursor ?? 0, limit + 1, call.Aborted);
        var page = messages.Take(limit).Select(static m => DocumentOf(m, withBody: false)).ToArray();
        var next = messages.Count > limit ? page[^1].Number.ToString(CultureInfo.InvariantCulture) : null;
        return AdminAnswer.Json(new ParkedListDocument(page, await parked.CountAsync(call.Aborted), next), AdminJson.Default.ParkedListDocument);
    });

    /// <summary><c>GET /events/parked/{id}</c>.</summary>
    public Task<IResult> GetAsync(AdminCall call) => WithAsync(call, static message => Task.FromResult(AdminAnswer.Json(DocumentOf(message, withBody: true), AdminJson.Default.ParkedDocument)));

    /// <summary><c>POST /events/parked/{id}/retry</c>.</summary>
    public Task<IResult> RetryAsync(AdminCall call) => WithAsync(call, async message =>
    {
        var answer = await AnswerAsync(() => intake.RetryAsync(message, call.Aborted));
        await NoteAsync(call, "event.retry", message);
        return answer;
    });

    /// <summary><c>DELETE /events/parked/{id}</c>.</summary>
    public Task<IResult> DeleteAsync(AdminCall call) => WithAsync(call, async message =>
    {
        if (!await parked.DeleteAsync(message.Number, CancellationToken.None)) return AdminAnswer.Problem(s_notFound);
        await NoteAsync(call, "event.delete", message);
        return Results.NoContent();
    });

    private Task<IResult> WithAsync(AdminCall call, Func<ParkedMessage, Task<IResult>> act) => GuardAsync(async () =>
        long.TryParse(call.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && await parked.FindAsync(number, call.Aborted) is { } message
            ? await act(message)
            : AdminAnswer.Problem(s_notFound));

    private static Task<IResult> AnswerAsync(Func<ValueTask<EventOutcome?>> take) => GuardAsync(async () => await take() switch
    {
        null => AdminAnswer.Problem(s_noSource),
        { Rejected: { } rejected, Parked: var number } => AdminAnswer.Problem(new Refusal(
            StatusCodes.Status422UnprocessableEntity, rejected.Code, rejected.Reason + (number > 0 ? string.Create(CultureInfo.InvariantCulture, $" It is kept as number {number}.") : ""))),
        { Nothing: { } reason } => Json(new EventOutcomeDocument("nothing", reason, null, null, null, null)),
        { Request: { } request, Receipt: var receipt } => Json(new EventOutcomeDocument(
            receipt.IsRepeat ? "repeated" : "applied", null, receipt.Seq, request.Tenant == Mapping.AllTenants ? null : request.Tenant,
            request.Mode == InvalidationMode.Soft ? "soft" : "hard", [.. request.Selectors.Select(static s => s.ToString())])),
        _ => AdminAnswer.Problem(PurgeEndpoints.Unavailable),
    });

    private static async Task<IResult> GuardAsync(Func<Task<IResult>> act)
    {
        try
        {
            return await act();
        }
        catch (InvalidationException)
        {
            return AdminAnswer.Problem(PurgeEndpoints.Unavailable);
        }
    }

    private static IResult Json(EventOutcomeDocument document) => AdminAnswer.Json(document, AdminJson.Default.EventOutcomeDocument);

    private static ParkedDocument DocumentOf(ParkedMessage message, bool withBody) => new(
        message.Number, message.Source, message.At, message.Code, message.Reason, message.Headers, message.BodyBytes, withBody ? !message.IsCut : null,
        withBody ? Encoding.UTF8.GetString(message.Body.Span) : null);

    private Task NoteAsync(AdminCall call, string action, ParkedMessage message) => log.AppendAsync(
        new AuditEntry(time.GetUtcNow(), call.Actor, action, string.Create(CultureInfo.InvariantCulture, $"{message.Source} {message.Number}")), CancellationToken.None);
}
