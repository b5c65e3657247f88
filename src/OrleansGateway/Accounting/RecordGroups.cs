using System.Runtime.CompilerServices;
using OrleansGateway.Usage;

namespace OrleansGateway.Accounting;

/// <summary>Records of one instant together: what corrects a record is of the same.</summary>
internal static class RecordGroups
{
    public static async IAsyncEnumerable<IReadOnlyList<UsageRecord>> ReadAsync(IUsageReports reports, UsageRecordQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var group = new List<UsageRecord>();
        await foreach (var record in reports.ReadAsync(query, cancellation))
        {
            if (group.Count > 0 && group[0].At != record.At)
            {
                yield return group;
                group = [];
            }

            group.Add(record);
        }

        if (group.Count > 0) yield return group;
    }
}
