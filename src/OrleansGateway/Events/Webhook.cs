using System.Security.Cryptography;
using System.Text;
using OrleansGateway.Configuration;

namespace OrleansGateway.Events;

/// <summary>A webhook as it is stated now, made ready to be used.</summary>
internal sealed class Webhook
{
    private readonly NamePatterns _types;
    private readonly byte[][] _keys;

    public Webhook(string name, WebhookSettings settings)
    {
        (Name, Settings) = (name, settings);
        _types = new NamePatterns(settings.Events);
        _keys = [.. settings.Secrets.Select(s => WebhookSecret.KeyOf(s)!)];
    }

    public string Name { get; }

    public WebhookSettings Settings { get; }

    public Uri Url => Settings.Url!;

    /// <summary>Whether it gets events of that tenant's stream at all; none for the gateway's own.</summary>
    public bool Covers(string? tenant) => Settings.Tenant is not { } only || only == tenant;

    public bool Asks(GatewayEvent one) => Covers(one.Tenant) && _types.Matches(one.Type);

    /// <summary>Value of the header <c>webhook-signature</c>: one signature by each secret, with spaces between (Standard Webhooks, "Signature scheme").</summary>
    public string Sign(string id, long timestamp, ReadOnlySpan<byte> payload)
    {
        var signed = new byte[Encoding.UTF8.GetByteCount(id) + 22 + payload.Length];
        var length = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}."), signed);
        payload.CopyTo(signed.AsSpan(length));
        length += payload.Length;
        return string.Join(' ', _keys.Select(key => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed.AsSpan(0, length)))));
    }
}
