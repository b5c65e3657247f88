using Microsoft.AspNetCore.WebUtilities;

namespace OrleansGateway.Configuration;

/// <summary>What a request must have besides host and path, compiled.</summary>
internal sealed class RouteConditions
{
    private const string Any = "*";

    private readonly KeyValuePair<string, string>[] _headers;
    private readonly KeyValuePair<string, string>[] _query;

    public RouteConditions(RouteMatchSettings settings)
    {
        Methods = [.. settings.Methods.Concat(settings.Methods.Contains("GET") ? ["HEAD"] : []).Distinct()];
        _headers = [.. settings.Headers.OrderBy(h => h.Key, StringComparer.OrdinalIgnoreCase)];
        _query = [.. settings.Query.OrderBy(q => q.Key, StringComparer.Ordinal)];
    }

    /// <summary>Methods taken; none listed for any.</summary>
    public string[] Methods { get; }

    /// <summary>How much is asked for: of routes with one path, that with the greater rank comes first.</summary>
    public (int Methods, int Headers, int HeaderValues, int Query, int QueryValues) Rank =>
        (Methods.Length > 0 ? 1 : 0, _headers.Length, _headers.Count(h => h.Value != Any), _query.Length, _query.Count(q => q.Value != Any));

    public bool TakesMethod(string method)
    {
        if (Methods.Length == 0) return true;
        foreach (var taken in Methods)
        {
            if (string.Equals(taken, method, StringComparison.Ordinal)) return true;
        }

        return false;
    }

    public bool TakesHeaders(IHeaderDictionary headers)
    {
        foreach (var (name, value) in _headers)
        {
            if (!headers.TryGetValue(name, out var given) || value != Any && !Has(given, value)) return false;
        }

        return true;
    }

    public bool TakesQuery(string query)
    {
        foreach (var (name, value) in _query)
        {
            if (!Has(query, name, value)) return false;
        }

        return true;
    }

    /// <summary>Whether there are requests that both take and neither takes with more right.</summary>
    public bool CannotBeToldFrom(RouteConditions other) =>
        (Methods.Length == 0) == (other.Methods.Length == 0)
        && (Methods.Length == 0 || Methods.Intersect(other.Methods).Any())
        && _query.SequenceEqual(other._query)
        && _headers.Length == other._headers.Length
        && _headers.Zip(other._headers).All(h => h.First.Key.Equals(h.Second.Key, StringComparison.OrdinalIgnoreCase) && h.First.Value == h.Second.Value);

    private static bool Has(Microsoft.Extensions.Primitives.StringValues given, string value)
    {
        foreach (var line in given)
        {
            if (line == value) return true;
        }

        return false;
    }

    private static bool Has(string query, string name, string value)
    {
        foreach (var pair in new QueryStringEnumerable(query))
        {
            if (pair.DecodeName().Span.SequenceEqual(name) && (value == Any || pair.DecodeValue().Span.SequenceEqual(value))) return true;
        }

        return false;
    }
}
