using System.Text;
using System.Text.RegularExpressions;

namespace OrleansGateway.Configuration;

/// <summary>
/// The written form of a length of time: <c>500ms</c>, <c>30s</c>, <c>10m</c>, <c>2h</c>, <c>1d</c>, or several, largest first: <c>1m30s</c>.
/// </summary>
internal static partial class Duration
{
    public const string Pattern = "^(?=[0-9])([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$";

    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var match = Written().Match(text);
        // The pattern's $ also matches before a line break at the end.
        if (!match.Success || match.Length < text.Length) return false;
        var ticks = Int128.Zero;
        for (var i = 0; i < Units.Length; i++)
        {
            var part = match.Groups[i + 1].ValueSpan;
            if (part.Length > 0) ticks += (Int128)long.Parse(part[..^Units[i].Unit.Length], CultureInfo.InvariantCulture) * Units[i].Ticks;
        }

        if (ticks > long.MaxValue) return false;
        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    public static string Write(TimeSpan duration)
    {
        var text = new StringBuilder();
        var rest = duration.Ticks;
        foreach (var (unit, ticks) in Units)
        {
            if (rest >= ticks) text.Append(CultureInfo.InvariantCulture, $"{rest / ticks}{unit}");
            rest %= ticks;
        }

        return text.Length == 0 ? "0s" : text.ToString();
    }

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant)]
    private static partial Regex Written();
}
