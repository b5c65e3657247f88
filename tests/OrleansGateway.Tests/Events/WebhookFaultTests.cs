using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Events;

/// <summary>What cannot be a webhook is said when the configuration is read.</summary>
public sealed class WebhookFaultTests
{
    private const string Good = "url: https://example.com/hook, secrets: [" + EventBed.Secret + "]";

    [Theory]
    [InlineData(Good, null)]
    [InlineData("url: http://localhost:1/hook, secrets: [" + EventBed.Secret + "]", null)]
    [InlineData("url: http://10.0.0.1/hook, allow_private: true, secrets: [" + EventBed.Secret + "]", null)]
    [InlineData("url: http://example.com/hook, secrets: [" + EventBed.Secret + "]", "webhooks.hook.url")]
    [InlineData("url: https://10.0.0.1/hook, secrets: [" + EventBed.Secret + "]", "webhooks.hook.url")]
    [InlineData("url: https://ann:pass@example.com/hook, secrets: [" + EventBed.Secret + "]", "webhooks.hook.url")]
    [InlineData("url: https://example.com/hook", "webhooks.hook.secrets")]
    [InlineData("url: https://example.com/hook, secrets: [short]", "webhooks.hook.secrets[0]")]
    [InlineData(Good + ", events: [key.created, 'limit.*', '*']", null)]
    [InlineData(Good + ", events: [key.made]", "webhooks.hook.events[0]")]
    [InlineData(Good + ", events: ['key.*', '*.created']", "webhooks.hook.events[1]")]
    [InlineData(Good + ", retry_min: 1h", "webhooks.hook.retry_max")]
    public void Webhook_ByItsSettings_HasTheFaultOrNone(string webhook, string? path)
    {
        using var folder = new TestFolder();
        // Line and column stand before the path, and what is wrong behind it.
        var faults = folder.FaultsOf($"routes: {{ default: {{ path: / }} }}\nwebhooks: {{ hook: {{ {webhook} }} }}\n").Select(f => f.Split(' ')[1].TrimEnd(':'));
        Assert.Equal(path is null ? [] : [path], faults);
    }
}
