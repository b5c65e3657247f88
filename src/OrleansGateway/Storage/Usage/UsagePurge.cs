namespace OrleansGateway.Storage.Usage;

/// <summary>Statements that each delete one slice of what may go, to be run until they delete nothing: no slice keeps who writes waiting for long.</summary>
internal static class UsagePurge
{
    /// <param name="kept">What stays.</param>
    /// <param name="recordId">Column that names a record.</param>
    /// <param name="rows">Rows in a slice.</param>
    /// <param name="schema">Stands before names of tables.</param>
    /// <param name="locking">How rows are locked, if they are.</param>
    public static IEnumerable<(string Sql, long Before)> Slices(UsageKept kept, string recordId, int rows, string schema = "", string locking = "")
    {
        foreach (var table in UsageTable.Rollups) yield return (Slice(table.Name, "bucket, tuple", "bucket"), kept.Since(table.Grain));
        yield return (Slice(UsageGrain.Record.Table(), recordId, "at"), kept.Records);

        string Slice(string table, string id, string time) =>
            $"DELETE FROM {schema}{table} WHERE ({id}) IN (SELECT {id} FROM {schema}{table} WHERE {time} < @before ORDER BY {time} LIMIT {rows} {locking})";
    }
}
