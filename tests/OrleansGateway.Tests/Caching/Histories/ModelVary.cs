namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>Whether a request is like one that an answer was made for (RFC 9111 §4.1).</summary>
internal static class ModelVary
{
    public static bool Matches(ModelStored stored, Fields request)
    {
        var names = ModelSyntax.Members(stored.Fields.All("Vary"));
        return !names.Contains("*") && stored.Requests.Exists(before => names.TrueForAll(name => IsSame(name, before, request, stored)));
    }

    private static bool IsSame(string name, Fields before, Fields now, ModelStored stored)
    {
        // "If (after any normalization that might take place) a header field is absent from a request, it can only match another request if it is also absent there."
        if (!before.Has(name) || !now.Has(name)) return before.Has(name) == now.Has(name);
        var (one, other) = (ModelSyntax.Members(before.All(name)), ModelSyntax.Members(now.All(name)));
        if (one.SequenceEqual(other)) return true;
        if (!Fields.Is(name, "Accept-Language")) return false;
        // "normalizing both header field values in a way that is known to have identical semantics": order says nothing (RFC 9110 §12.5.4). And an answer in the one
        // language that is liked best is what a server that has it gives.
        var (first, second) = (Languages(one), Languages(other));
        if (first.SequenceEqual(second)) return true;
        var best = second.Where(language => language.Quality == second.Max(static l => l.Quality)).ToList();
        return best is [{ Quality: > 0 } only] && Fields.Is(only.Tag, stored.Fields.Only("Content-Language") ?? "");
    }

    private static List<(string Tag, double Quality)> Languages(List<string> members) => [.. members.Select(static member =>
    {
        var parts = member.ToLowerInvariant().Split(';', StringSplitOptions.TrimEntries);
        var stated = parts.Skip(1).FirstOrDefault(static part => part.StartsWith("q=", StringComparison.Ordinal));
        if (stated is null) return (parts[0], 1.0);
        return (parts[0], double.TryParse(stated[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quality) && quality <= 1 ? quality : 0);
    }).OrderByDescending(static l => l.Item2).ThenBy(static l => l.Item1, StringComparer.Ordinal)];
}
