namespace OrleansGateway.Storage.Usage;

/// <summary>Lists of columns that both databases' statements are made of.</summary>
internal static class UsageSql
{
    public static readonly string SumNames = string.Join(", ", SumColumns.Names);

    public static readonly string TupleNames = string.Join(", ", UsageTuple.Columns);

    /// <summary>What a second insert of the same row does: adds.</summary>
    public static readonly string AddSums = string.Join(", ", SumColumns.Names.Select(name => $"{name} = r.{name} + excluded.{name}"));

    /// <summary><c>prefix1, prefix2 …</c></summary>
    public static string Numbered(string prefix, int first, int count) =>
        string.Join(", ", Enumerable.Range(first, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}")));
}
