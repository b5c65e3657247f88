using System.Text.RegularExpressions;

namespace OrleansGateway.Configuration;

/// <summary>Which answers are compressed, compiled.</summary>
internal sealed class CompressionPolicy
{
    private readonly Regex _types;

    public CompressionPolicy(CompressionSettings settings)
    {
        Encodings = [.. settings.Encodings];
        LengthMin = settings.BytesMin.Bytes;
        var types = settings.Types.Select(t => Regex.Escape(t).Replace("\\*", "[^;]*", StringComparison.Ordinal));
        const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture;
        _types = new Regex($"^(?:{string.Join('|', types)})$", Options);
    }

    /// <summary>Codings offered, the preferred one first.</summary>
    public ContentCoding[] Encodings { get; }

    /// <summary>Least length, where it is known. Bytes.</summary>
    public long LengthMin { get; }

    /// <summary>Whether content of a type is compressed; the type may have parameters.</summary>
    public bool TakesType(ReadOnlySpan<char> contentType)
    {
        var semicolon = contentType.IndexOf(';');
        var type = (semicolon < 0 ? contentType : contentType[..semicolon]).Trim();
        return _types.IsMatch(type) && !type.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);
    }
}
