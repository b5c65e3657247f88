namespace OrleansGateway.Tenants;

/// <summary>A span of time as people write it to the admin API and the command line: <c>45s</c>, <c>15m</c>, <c>24h</c> or <c>30d</c>.</summary>
internal static class Duration
{
    /// <summary>Reads the written form; false where it is none, or longer than 100 years.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2 || UnitOf(text[^1]) is not { } unit) return false;
        if (!int.TryParse(text.AsSpan()[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return false;
        if (count > TimeSpan.FromDays(36_500) / unit) return false;
        duration = unit * count;
        return true;
    }

    private static TimeSpan? UnitOf(char letter) => letter switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => null,
    };
}
