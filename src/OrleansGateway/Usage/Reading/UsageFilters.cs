namespace OrleansGateway.Usage.Reading;

/// <summary>Filters of reports, held against single records.</summary>
internal static class UsageFilters
{
    /// <summary>Whether the record has one of the values asked for in each dimension.</summary>
    public static bool Takes(IReadOnlyDictionary<UsageDimension, IReadOnlyList<string>> only, UsageRecord record)
    {
        foreach (var (dimension, values) in only)
        {
            if (dimension == UsageDimension.Tag ? !HasTag(record, values) : !values.Contains(UsageDimensions.Of(record, dimension))) return false;
        }

        return true;
    }

    private static bool HasTag(UsageRecord record, IReadOnlyList<string> tags) => tags.Any(tag => tag.Length == 0 ? record.Tags.Count == 0 : record.Tags.Contains(tag));
}
