using System.Text.Json.Nodes;
using OrleansGateway.Events;

namespace OrleansGateway.Admin;

/// <summary>Events of one tenant, in order; <c>Head</c> is the sequence of the last that there is.</summary>
internal sealed record EventListDocument(IReadOnlyList<EventDocument> Events, long Head);

/// <summary>An event as webhooks send it.</summary>
internal sealed record EventDocument(string Id, string Type, DateTimeOffset Timestamp, string? Tenant, long Sequence, JsonNode? Data)
{
    public static EventDocument Of(GatewayEvent one) => new(one.Id, one.Type, one.At, one.Tenant, one.Sequence, JsonNode.Parse(one.Data));
}

internal sealed record WebhookListDocument(IReadOnlyList<WebhookDocument> Webhooks);

/// <summary>
/// A webhook. <c>Url</c> is its scheme and host only. <c>State</c> is <c>active</c>, or <c>gone</c> if its receiver answered 410. <c>Pending</c> are events yet to be looked at, those that it does not ask for among them;
/// <c>Blocked</c> are tenants of whom an event was not taken yet.
/// </summary>
internal sealed record WebhookDocument(
    string Id, string Url, IReadOnlyList<string> Events, string? Tenant, string State, long Pending, long DeadLetters, IReadOnlyList<BlockedDocument> Blocked);

/// <summary>A tenant whose next event was not taken; none for the gateway's own.</summary>
internal sealed record BlockedDocument(string? Tenant, long Sequence, int Attempts, DateTimeOffset? NextAttempt, string? Problem);

internal sealed record DeliveryListDocument(IReadOnlyList<DeliveryDocument> Deliveries);

/// <summary>One attempt. <c>Attempt</c> is 0 if it was made by hand; <c>Status</c> is none if there was no answer, and <c>Problem</c> if it was received.</summary>
internal sealed record DeliveryDocument(
    DateTimeOffset At, string Event, string Type, string? Tenant, long Sequence, int Attempt, bool Received, int? Status, string? Problem, double? DurationMs)
{
    public static DeliveryDocument Of(Delivery delivery) => Of(delivery.Event, delivery.Answer, delivery.At, delivery.Attempt, Math.Round(delivery.Duration.TotalMilliseconds, 3));

    public static DeliveryDocument Of(GatewayEvent one, WebhookAnswer answer, DateTimeOffset at, int attempt = 0, double? durationMs = null) => new(
        at, one.Id, one.Type, one.Tenant, one.Sequence, attempt, answer.IsReceived, answer.Status == 0 ? null : answer.Status, answer.Problem, durationMs);
}

/// <summary>Some dead letters; <c>NextCursor</c> asks for the next page, and is none on the last.</summary>
internal sealed record DeadLetterListDocument(IReadOnlyList<DeadLetterDocument> DeadLetters, string? NextCursor);

/// <summary>An event that was not taken.</summary>
internal sealed record DeadLetterDocument(long Number, EventDocument Event, int Attempts, string Problem, DateTimeOffset GivenUpAt)
{
    public static DeadLetterDocument Of(DeadLetter dead) => new(dead.Number, EventDocument.Of(dead.Event), dead.Attempts, dead.Problem, dead.At);
}

/// <summary>How many dead letters were received now, and what is wrong with the first that was not: no more were sent after it.</summary>
internal sealed record ResentDocument(int Received, string? Problem);

/// <summary>From where a tenant's events are sent again, and how many there are, those that the webhook does not ask for among them.</summary>
internal sealed record ReplayDocument(string? Tenant, long From, long Events);
