using OrleansGateway.Configuration;
using OrleansGateway.Events;
using OrleansGateway.Http;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Shows events and webhooks, and sends again what operators ask for.</summary>
internal sealed class WebhookEndpoints(WebhookDeliveries deliveries, Random random, TimeProvider time)
{
    public static readonly string[] EventFilters = ["tenant", "after", "limit"];
    public static readonly string[] DeadLetterFilters = ["limit", "cursor"];

    private const int ResentTogether = 100;

    private static readonly Refusal NotFound = Refusal.NotFound("no_such_webhook", "The configuration states no webhook with this id.");

    /// <summary><c>GET /events</c>.</summary>
    public async Task<IResult> EventsAsync(AdminCall call)
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, EventFilters);
        var limit = QueryText.Limit(query, faults);
        var after = Number(query, "after", least: 0, faults) ?? 0;
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var tenant = QueryText.Of(query, "tenant");
        var events = await deliveries.Events.ReadAsync(tenant, after, limit, call.Aborted);
        return AdminAnswer.Json(new EventListDocument([.. events.Select(EventDocument.Of)], await HeadAsync(tenant, call.Aborted)), AdminJson.Default.EventListDocument);
    }

    /// <summary><c>GET /webhooks</c>.</summary>
    public async Task<IResult> ListAsync(AdminCall call)
    {
        var list = new List<WebhookDocument>();
        foreach (var sender in deliveries.All) list.Add(await DocumentAsync(sender, call.Aborted));
        return AdminAnswer.Json(new WebhookListDocument(list), AdminJson.Default.WebhookListDocument);
    }

    /// <summary><c>GET /webhooks/{id}/deliveries</c>.</summary>
    public Task<IResult> DeliveriesAsync(AdminCall call) => WithAsync(call, sender => Task.FromResult(
        AdminAnswer.Json(new DeliveryListDocument([.. sender.Recent.All().Select(DeliveryDocument.Of)]), AdminJson.Default.DeliveryListDocument)));

    /// <summary><c>GET /webhooks/{id}/dead-letters</c>.</summary>
    public Task<IResult> DeadLettersAsync(AdminCall call) => WithAsync(call, async sender =>
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, DeadLetterFilters);
        var (limit, cursor) = (QueryText.Limit(query, faults), QueryText.Cursor(query, faults));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var letters = await deliveries.Store.DeadLettersAsync(sender.Webhook.Name, cursor ?? 0, limit + 1, call.Aborted);
        var page = letters.Take(limit).Select(DeadLetterDocument.Of).ToArray();
        return AdminAnswer.Json(
            new DeadLetterListDocument(page, letters.Count > limit ? page[^1].Number.ToString(CultureInfo.InvariantCulture) : null), AdminJson.Default.DeadLetterListDocument);
    });

    /// <summary><c>POST /webhooks/{id}/resend</c>: the one named, or the oldest until one is not taken.</summary>
    public Task<IResult> ResendAsync(AdminCall call) => WithAsync(call, async sender =>
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, ["dead_letter"]);
        var number = Number(query, "dead_letter", least: 1, faults);
        var one = number is { } asked ? await deliveries.Store.FindDeadLetterAsync(sender.Webhook.Name, asked, call.Aborted) : null;
        if (number is not null && one is null && faults.Count == 0) faults.Add(new KeyFault("dead_letter", "Must be the number of a dead letter of this webhook."));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var letters = one is not null ? [one] : await deliveries.Store.DeadLettersAsync(sender.Webhook.Name, 0, ResentTogether, call.Aborted);
        var (received, problem) = (0, (string?)null);
        foreach (var letter in letters)
        {
            problem = (await sender.SendAsync(letter.Event, attempt: 0, call.Aborted)).Problem;
            if (problem is not null) break;
            await deliveries.Store.DeleteDeadLetterAsync(sender.Webhook.Name, letter.Number, CancellationToken.None);
            received++;
        }

        return AdminAnswer.Json(new ResentDocument(received, problem), AdminJson.Default.ResentDocument);
    });

    /// <summary><c>POST /webhooks/{id}/replay</c>.</summary>
    public Task<IResult> ReplayAsync(AdminCall call) => WithAsync(call, async sender =>
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, ["tenant", "from"]);
        var (tenant, from) = (QueryText.Of(query, "tenant"), Number(query, "from", least: 1, faults));
        if (from is null && faults.Count == 0) faults.Add(new KeyFault("from", "Is needed: the sequence of the first event to be sent."));
        if (!sender.Webhook.Covers(tenant)) faults.Add(new KeyFault("tenant", "This webhook gets no events of it."));
        var head = await HeadAsync(tenant, call.Aborted);
        // Behind the head nothing would be sent until that much has happened.
        if (from > head + 1) faults.Add(new KeyFault("from", $"The last event has the sequence {head}."));
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        await sender.ReplayAsync(tenant, from!.Value, call.Aborted);
        return AdminAnswer.Json(new ReplayDocument(tenant, from.Value, head - from.Value + 1), AdminJson.Default.ReplayDocument);
    });

    /// <summary><c>POST /webhooks/{id}/test</c>.</summary>
    public Task<IResult> TestAsync(AdminCall call) => WithAsync(call, async sender =>
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        var test = new GatewayEvent(sender.Webhook.Settings.Tenant, 0, "evt_" + Convert.ToHexStringLower(bytes), EventTypes.WebhookTest, time.GetUtcNow(), "{}");
        var answer = await sender.SendAsync(test, attempt: 0, call.Aborted);
        return AdminAnswer.Json(DeliveryDocument.Of(test, answer, time.GetUtcNow()), AdminJson.Default.DeliveryDocument);
    });

    /// <summary><c>POST /webhooks/{id}/enable</c>.</summary>
    public Task<IResult> EnableAsync(AdminCall call) => WithAsync(call, async sender =>
    {
        await sender.EnableAsync(call.Aborted);
        return AdminAnswer.Json(await DocumentAsync(sender, call.Aborted), AdminJson.Default.WebhookDocument);
    });

    private Task<IResult> WithAsync(AdminCall call, Func<WebhookSender, Task<IResult>> act) =>
        deliveries.Find(call.Id) is { } sender ? act(sender) : Task.FromResult(AdminAnswer.Problem(NotFound));

    private async Task<WebhookDocument> DocumentAsync(WebhookSender sender, CancellationToken cancellation)
    {
        var webhook = sender.Webhook;
        var lanes = await deliveries.Store.LanesAsync(webhook.Name, cancellation);
        var positions = lanes.ToDictionary(l => l.Tenant ?? "", l => l.Position);
        var streams = await deliveries.Events.StreamsAsync(cancellation);
        return new WebhookDocument(
            webhook.Name,
            // The rest of it is often all that keeps others from sending there too.
            webhook.Url.GetLeftPart(UriPartial.Authority),
            webhook.Settings.Events,
            webhook.Settings.Tenant,
            await deliveries.Store.GoneSinceAsync(webhook.Name, cancellation) is null ? "active" : "gone",
            streams.Where(s => webhook.Covers(s.Tenant)).Sum(s => s.Head - positions.GetValueOrDefault(s.Tenant ?? "")),
            await deliveries.Store.CountDeadLettersAsync(webhook.Name, cancellation),
            [.. lanes.Where(l => l.Attempts > 0).Select(l => new BlockedDocument(l.Tenant, l.Position + 1, l.Attempts, l.Due, l.Problem))]);
    }

    private async Task<long> HeadAsync(string? tenant, CancellationToken cancellation) =>
        (await deliveries.Events.StreamsAsync(cancellation)).FirstOrDefault(s => s.Tenant == tenant).Head;

    private static long? Number(IQueryCollection query, string name, long least, List<KeyFault> faults)
    {
        if (QueryText.Of(query, name) is not { } text) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least) return number;
        faults.Add(new KeyFault(name, $"Must be a whole number, {least} or more."));
        return null;
    }
}
