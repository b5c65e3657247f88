using Microsoft.Extensions.Primitives;
using OrleansGateway.Configuration;

namespace OrleansGateway.Compression;

/// <summary>Reads <c>Accept-Encoding</c> (RFC 9110 §12.5.3).</summary>
internal static class AcceptedCoding
{
    private const int Unlisted = -1;

    /// <summary>The coding the client likes most; of those it likes equally the first offered. None if it likes the content as it is more, or none of them.</summary>
    public static ContentCoding? Choose(in StringValues accepted, ReadOnlySpan<ContentCoding> offered)
    {
        ContentCoding? best = null;
        // Content as it is is always acceptable, but preferred only where the client says so.
        var bestWeight = Math.Max(WeightOf(accepted, "identity"), 0);
        foreach (var coding in offered)
        {
            var weight = WeightOf(accepted, coding);
            if (weight <= 0 || weight < bestWeight || weight == bestWeight && best is not null) continue;
            (best, bestWeight) = (coding, weight);
        }

        return best;
    }

    /// <summary>The name of a coding as it is sent.</summary>
    public static string NameOf(ContentCoding coding) => coding == ContentCoding.Br ? "br" : "gzip";

    private static int WeightOf(in StringValues accepted, ContentCoding coding)
    {
        var weight = WeightOf(accepted, NameOf(coding));
        // RFC 9110 §8.4.1.3: an older name of the same.
        if (weight == Unlisted && coding == ContentCoding.Gzip) weight = WeightOf(accepted, "x-gzip");
        return weight == Unlisted ? WeightOf(accepted, "*") : weight;
    }

    /// <summary>Weight of a name in the list, in thousandths.</summary>
    private static int WeightOf(in StringValues accepted, ReadOnlySpan<char> name)
    {
        foreach (var line in accepted)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var item = line.AsSpan()[range];
                var semicolon = item.IndexOf(';');
                var isIt = (semicolon < 0 ? item : item[..semicolon]).Trim().Equals(name, StringComparison.OrdinalIgnoreCase);
                if (isIt) return semicolon < 0 ? 1000 : Weight(item[(semicolon + 1)..]);
            }
        }

        return Unlisted;
    }

    // RFC 9110 §12.4.2. What is no weight is taken for the least: to send what was not asked for is the worse mistake.
    private static int Weight(ReadOnlySpan<char> parameter)
    {
        var text = parameter.Trim();
        if (!text.StartsWith("q=", StringComparison.OrdinalIgnoreCase)) return 0;
        var isWeight = decimal.TryParse(text[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) && weight is >= 0 and <= 1;
        return isWeight ? (int)(weight * 1000) : 0;
    }
}
