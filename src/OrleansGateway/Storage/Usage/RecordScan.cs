using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>Goes through many records, a page at a time.</summary>
internal static class RecordScan
{
    private const int PageRows = 5_000;

    public static async ValueTask EachAsync(IUsageSnapshot snapshot, RecordRange range, Action<StoredUsage> each)
    {
        while (true)
        {
            var page = await snapshot.RecordsAsync(range, PageRows);
            foreach (var row in page) each(row);
            if (page.Count < PageRows) return;
            range = range with { After = (page[^1].At, page[^1].Id) };
        }
    }

    public static UsageRecord Decode(StoredUsage row)
    {
        try
        {
            return UsageRecordCodec.Read(row.Record);
        }
        catch (InvalidDataException broken)
        {
            throw new UsageStoreException($"The record {row.Id} of {UsageTime.Instant(row.At):O} cannot be read: it {broken.Message}.", broken);
        }
    }
}
