using OrleansGateway.Storage.Ledger;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>Which tuples a question is about, as a condition on <c>usage_tuples</c>.</summary>
internal sealed class UsageFilter
{
    private readonly List<(UsageDimension Dimension, string[] Values)> _only;

    /// <param name="only">Values of dimensions.</param>
    /// <param name="view">Tuples of which view; it has the dimensions.</param>
    public UsageFilter(IReadOnlyDictionary<UsageDimension, IReadOnlyList<string>> only, UsageView view)
    {
        _only = [.. only.Where(o => view == UsageView.Tags || o.Key != UsageDimension.Tag).Select(o => (o.Key, o.Value.Select(v => LedgerText.ToStore(UsageDimensions.Short(v))).ToArray()))];
        View = view;
    }

    public UsageView View { get; }

    /// <summary>Whether it says more than which kind of tuple.</summary>
    public bool IsNarrow => _only.Count > 0;

    /// <summary>Parameters, in their order.</summary>
    public IEnumerable<string> Values => _only.SelectMany(o => o.Values);

    /// <summary>The condition.</summary>
    /// <param name="parameter">What stands before a parameter's number.</param>
    /// <param name="first">Number of the first one.</param>
    public string Sql(string parameter, int first)
    {
        var conditions = new List<string>
        {
            View.Name() is { } view ? $"view_name = '{view}'" : View == UsageView.Tags ? "tag IS NOT NULL" : "tag IS NULL AND view_name IS NULL",
        };
        foreach (var (dimension, values) in _only)
        {
            conditions.Add(values.Length == 0 ? "1 = 0" : $"{UsageTuple.Columns[(int)dimension]} IN ({UsageSql.Numbered(parameter, first, values.Length)})");
            first += values.Length;
        }

        return string.Join(" AND ", conditions);
    }
}
