using Microsoft.Extensions.Primitives;

namespace OrleansGateway.Auth;

/// <summary>The key or token a request carries, wherever it carries it. Read in place: nothing is copied.</summary>
internal ref struct PresentedKey
{
    private const string Bearer = "Bearer ";

    /// <summary>The key; empty if the request carries none.</summary>
    public ReadOnlySpan<char> Text { get; private set; }

    /// <summary>Whether it came as a bearer token, and so may be a JWT.</summary>
    public bool IsBearer { get; private set; }

    /// <summary>Whether the request carries more than one key, and they differ.</summary>
    public bool IsAmbiguous { get; private set; }

    /// <summary>Reads the four headers that SDKs send keys in: OpenAI's, Anthropic's, Azure's and Google's.</summary>
    public static PresentedKey Read(IHeaderDictionary headers)
    {
        var key = new PresentedKey();
        foreach (var value in headers.Authorization) key.Take(BearerToken(value));
        key.IsBearer = !key.Text.IsEmpty;
        key.TakeAll(headers["x-api-key"]);
        key.TakeAll(headers["api-key"]);
        key.TakeAll(headers["x-goog-api-key"]);
        return key;
    }

    private void TakeAll(StringValues values)
    {
        foreach (var value in values) Take(value.AsSpan().Trim());
    }

    // The same key twice is no contradiction: some SDKs send it in two headers.
    private void Take(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return;
        if (Text.IsEmpty) Text = text;
        else if (!Text.SequenceEqual(text)) IsAmbiguous = true;
    }

    // RFC 9110 section 11.1: the scheme's case does not count. Other schemes are not ours to read.
    private static ReadOnlySpan<char> BearerToken(string? value) =>
        value.AsSpan().StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? value.AsSpan(Bearer.Length).Trim() : default;
}
