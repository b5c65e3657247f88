namespace OrleansGateway.Models;

/// <summary>A base64 <c>data:</c> URL (RFC 2397), in which clients send images and files.</summary>
internal static class DataUrl
{
    private const string Scheme = "data:";
    private const string Base64Mark = ";base64,";

    public static bool TryParse(string url, out string mediaType, out string base64)
    {
        (mediaType, base64) = ("", "");
        if (!url.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        var mark = url.IndexOf(Base64Mark, StringComparison.OrdinalIgnoreCase);
        if (mark < 0) return false;
        var media = url[Scheme.Length..mark];
        var parameters = media.IndexOf(';');
        mediaType = parameters < 0 ? media : media[..parameters];
        base64 = url[(mark + Base64Mark.Length)..];
        return true;
    }

    public static string Write(string mediaType, string base64) => $"{Scheme}{mediaType}{Base64Mark}{base64}";
}
