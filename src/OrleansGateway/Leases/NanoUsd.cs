namespace OrleansGateway.Leases;

/// <summary>Money as people write it: decimals of US dollars, exact to the nano-dollar.</summary>
internal static class NanoUsd
{
    private const decimal PerUsd = 1_000_000_000;

    /// <summary><c>12.5</c>, without zeros at the end.</summary>
    public static string Format(long nano) => (nano / PerUsd).ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>Takes <c>12.50</c> or <c>-0.000000001</c>: at most nine decimals, at most about nine billion dollars.</summary>
    public static bool TryParse(string? text, out long nano)
    {
        nano = 0;
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        // 28 digits are more than fit a long with nine decimals.
        if (text is null || text.Length > 28 || !decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out var usd)) return false;
        if (usd is > 9_000_000_000m or < -9_000_000_000m || decimal.Round(usd, 9) != usd) return false;
        nano = (long)(usd * PerUsd);
        return true;
    }
}
