namespace OrleansGateway.Configuration;

/// <summary>Finds the name that was probably meant.</summary>
internal static class Nearest
{
    private const int LengthMax = 64;
    private const int ListedMax = 20;

    /// <summary>Names compared at most: a guess among thousands is no help and takes long.</summary>
    private const int ComparedMax = 500;

    /// <summary>A sentence that offers the nearest name and lists what there is; starts with a space, for the end of a message.</summary>
    public static string Hint(string name, IEnumerable<string> known, string plural)
    {
        var all = known.Take(ComparedMax + 1).ToArray();
        if (all.Length == 0) return $" There are no {plural}.";
        if (all.Length > ComparedMax) return "";
        var guess = To(name, all) is { } near ? $" Did you mean {Findings.Quote(near)}?" : "";
        var more = all.Length > ListedMax ? $" and {all.Length - ListedMax} more" : "";
        var listed = string.Join(", ", all.Order(StringComparer.Ordinal).Take(ListedMax).Select(Findings.Printable));
        return $"{guess} Known {plural}: {listed}{more}.";
    }

    /// <summary>The known name nearest to this one; none if none is near enough to be a slip of the finger.</summary>
    public static string? To(string name, IEnumerable<string> known)
    {
        if (name.Length > LengthMax) return null;
        var tolerance = Math.Max(1, name.Length / 3);
        return known.Where(k => Math.Abs(k.Length - name.Length) <= tolerance)
            .Select(k => (Name: k, Distance: Distance(name.ToLowerInvariant(), k.ToLowerInvariant())))
            .Where(k => k.Distance <= tolerance)
            .OrderBy(k => k.Distance).ThenBy(k => k.Name, StringComparer.Ordinal)
            .Select(k => k.Name).FirstOrDefault();
    }

    /// <summary>Letters to change, add, leave out or swap with their neighbour (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) cost[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) cost[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var change = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(change, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                var swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if (swapped) cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[a.Length, b.Length];
    }
}
