namespace OrleansGateway.Usage.Reading;

/// <summary>A place among records as text: the record's instant in ticks and its id.</summary>
internal static class UsageCursorText
{
    public static string Of(UsageRecord record) => string.Create(CultureInfo.InvariantCulture, $"{record.At.UtcTicks}-{record.Id:n}");

    public static bool TryRead(string text, out UsageCursor cursor)
    {
        cursor = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)) return false;
        if (ticks > DateTimeOffset.MaxValue.UtcTicks || !Guid.TryParseExact(text.AsSpan(dash + 1), "N", out var id)) return false;
        cursor = new UsageCursor(new DateTimeOffset(ticks, TimeSpan.Zero), id);
        return true;
    }
}
