using OrleansGateway.Telemetry;

namespace OrleansGateway.Events;

/// <summary>What every sender needs.</summary>
internal sealed record WebhookParts(
    IEventStore Events, IWebhookStore Store, WebhookClient Client, IEventDuty Duty, GatewayMetrics Metrics, Random Random, TimeProvider Time, ILogger<WebhookSender> Log);
