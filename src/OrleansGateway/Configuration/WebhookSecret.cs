namespace OrleansGateway.Configuration;

/// <summary>Secrets of webhooks, as Standard Webhooks writes them.</summary>
internal static class WebhookSecret
{
    public const string Prefix = "whsec_";

    private const int BytesMin = 24;
    private const int BytesMax = 64;

    /// <summary>The bytes to sign with; none if it is no such secret.</summary>
    public static byte[]? KeyOf(Secret secret)
    {
        var text = secret.Reveal();
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var length) && length is >= BytesMin and <= BytesMax ? bytes[..length] : null;
    }
}
