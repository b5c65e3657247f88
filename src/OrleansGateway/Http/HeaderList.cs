using Microsoft.Extensions.Primitives;

namespace OrleansGateway.Http;

/// <summary>Fields whose value is a list with commas, on one line or several (RFC 9110 §5.6.1).</summary>
internal static class HeaderList
{
    /// <summary>Says that an answer depends on a field of the request (RFC 9110 §12.5.5), unless that is said already.</summary>
    public static void AddToVary(IHeaderDictionary headers, string name)
    {
        if (!Has(headers.Vary, name) && !Has(headers.Vary, "*")) headers.Vary = StringValues.Concat(headers.Vary, name);
    }

    /// <summary>Whether an item is in the list; capitals make no difference.</summary>
    public static bool Has(in StringValues lines, ReadOnlySpan<char> item)
    {
        foreach (var line in lines)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                if (line.AsSpan()[range].Trim().Equals(item, StringComparison.OrdinalIgnoreCase)) return true;
            }
        }

        return false;
    }
}
