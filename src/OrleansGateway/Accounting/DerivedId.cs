using System.Security.Cryptography;
using System.Text;

namespace OrleansGateway.Accounting;

/// <summary>Ids made of what they are for: whoever does it a second time comes by the same one.</summary>
internal static class DerivedId
{
    public static Guid Of(params ReadOnlySpan<object?> parts) => new(Digest(parts), bigEndian: true);

    public static string Text(string kind, params ReadOnlySpan<object?> parts) => $"{kind}_{Convert.ToHexStringLower(Digest(parts))}";

    private static byte[] Digest(ReadOnlySpan<object?> parts)
    {
        var text = new StringBuilder();
        // No part holds a zero that it could end with.
        foreach (var part in parts) text.Append(CultureInfo.InvariantCulture, $"{part}\0");
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))[..16];
    }
}
