namespace OrleansGateway.Invalidation.Messages;

/// <summary>Headers of a message, or properties: names in any case. Of a broker, its own come as <c>content-type</c>, <c>message-id</c> and <c>type</c>.</summary>
internal sealed class MessageHeaders
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);

    public MessageHeaders(IEnumerable<KeyValuePair<string, string>> headers)
    {
        foreach (var (name, value) in headers) _headers[name] = value;
    }

    public static MessageHeaders None { get; } = new([]);

    public IReadOnlyDictionary<string, string> All => _headers;

    public string? this[string name] => _headers.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>The first of these that there is.</summary>
    public string? First(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (this[name] is { } value) return value;
        }

        return null;
    }

    public bool Has(string name) => _headers.ContainsKey(name);
}
