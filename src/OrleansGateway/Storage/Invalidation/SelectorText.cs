using System.Text;
using System.Text.Json;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Storage.Invalidation;

/// <summary>Selectors as they stand in the store: a list of texts, each with a letter for its kind. The letters never change.</summary>
internal static class SelectorText
{
    private const string Letters = "ahputg";

    public static string Of(IReadOnlyList<Selector> selectors)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartArray();
            foreach (var selector in selectors) writer.WriteStringValue(Letters[(int)selector.Kind] + selector.Value);
            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    public static IReadOnlyList<Selector> Read(string text)
    {
        using var document = JsonDocument.Parse(text);
        return [.. document.RootElement.EnumerateArray().Select(static e => e.GetString()!).Select(static t => new Selector((SelectorKind)Letters.IndexOf(t[0], StringComparison.Ordinal), t[1..]))];
    }
}
