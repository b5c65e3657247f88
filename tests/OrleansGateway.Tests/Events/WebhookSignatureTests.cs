using System.Text;
using OrleansGateway.Configuration;
using OrleansGateway.Events;
using OrleansGateway.Tests.Sdk;

namespace OrleansGateway.Tests.Events;

/// <summary>Receivers can tell that events are ours, by the libraries that they use for it.</summary>
public sealed class WebhookSignatureTests
{
    [Fact]
    public void Sign_OfTheSpecificationsExample_IsItsSignature()
    {
        var webhook = new Webhook("hook", EventBed.To(new Uri("https://example.com")));
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", webhook.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""u8));
    }

    [Fact]
    public void Sign_WithTwoSecrets_HasASignatureByEach()
    {
        const string Other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        var one = new GatewayEvent("acme", 1, "evt_1", "key.created", DateTimeOffset.UnixEpoch, "{}");
        var settings = EventBed.To(new Uri("https://example.com"));
        var payload = WebhookPayload.Of(one);
        var signed = new Webhook("hook", settings with { Secrets = [new Secret(Other), .. settings.Secrets] }).Sign(one.Id, 7, payload);
        var received = new Received(one.Id, "7", signed, payload);
        Assert.True(received.IsSignedBy(EventBed.Secret) && received.IsSignedBy(Other));
        Assert.False(received.IsSignedBy("whsec_AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    }

    [Theory]
    [InlineData("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true)]
    [InlineData("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false)] // no base64
    [InlineData("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAA", false)] // 21 bytes
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false)]
    public void KeyOf_OfWhatIsNoSecret_IsNone(string secret, bool isOne) => Assert.Equal(isOne, WebhookSecret.KeyOf(new Secret(secret)) is not null);

    [Fact(Timeout = 120_000)]
    public async Task Delivery_ByTheStandardWebhooksLibrary_IsVerifiedAndAChangedOneIsNot()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var bed = new EventBed(TimeProvider.System);
        bed.State(("hook", EventBed.To(receiver.Url)));
        await bed.StartAsync();
        await bed.AppendAsync("acme", "key.created", 1);
        var received = await receiver.NextAsync();
        Assert.Equal("verified key.created", await VerifyAsync(received));
        Assert.Equal("refused", await VerifyAsync(received with { Body = [.. received.Body[..^1], (byte)' ', (byte)'}'] }));
    }

    private static async Task<string> VerifyAsync(Received received)
    {
        var environment = new Dictionary<string, string>
        {
            ["SECRET"] = EventBed.Secret, ["WEBHOOK_ID"] = received.Id, ["WEBHOOK_TIMESTAMP"] = received.Timestamp, ["WEBHOOK_SIGNATURE"] = received.Signatures,
        };
        var (exit, output, errors) = await NodeProgram.StartAsync(["webhook.mjs"], environment, Encoding.UTF8.GetString(received.Body));
        Assert.True(exit == 0, errors);
        return output.Trim();
    }
}
