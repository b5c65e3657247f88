using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Reads the query of a list: filters, limit and cursor. What it does not know is a fault: a mistyped filter must not pass for none.</summary>
internal static class QueryText
{
    /// <summary>Entries of a page, unless told.</summary>
    public const int LimitDefault = 100;

    /// <summary>Most entries of a page.</summary>
    public const int LimitMax = 1_000;

    /// <summary>What is said of a cursor that no page gave.</summary>
    public static readonly KeyFault BadCursor = new("cursor", "Must be the next_cursor of the page before.");

    /// <summary>A fault for each parameter that is not known.</summary>
    public static List<KeyFault> Unknown(IQueryCollection query, string[] known) =>
        [.. query.Keys.Except(known, StringComparer.OrdinalIgnoreCase).Select(n => new KeyFault(n, $"Is not known here. Known are: {string.Join(", ", known)}."))];

    /// <summary>A parameter's text; none if it is not there or empty.</summary>
    public static string? Of(IQueryCollection query, string name) => query[name].ToString() is { Length: > 0 } value ? value : null;

    public static int Limit(IQueryCollection query, List<KeyFault> faults)
    {
        if (Of(query, "limit") is not { } text) return LimitDefault;
        if (TryRead(text, out var limit) && limit is >= 1 and <= LimitMax) return (int)limit;
        faults.Add(new KeyFault("limit", $"Must be 1 to {LimitMax}."));
        return LimitDefault;
    }

    public static long? Cursor(IQueryCollection query, List<KeyFault> faults)
    {
        if (Of(query, "cursor") is not { } text) return null;
        if (TryRead(text, out var cursor)) return cursor;
        faults.Add(BadCursor);
        return null;
    }

    public static DateTimeOffset? Instant(IQueryCollection query, string name, List<KeyFault> faults)
    {
        if (Of(query, name) is not { } text) return null;
        // A space is what a plus in a query comes to: an offset that was not escaped.
        if (DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)) return instant;
        faults.Add(new KeyFault(name, "Must be an instant in ISO 8601, such as 2030-01-31T00:00:00Z."));
        return null;
    }

    private static bool TryRead(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
