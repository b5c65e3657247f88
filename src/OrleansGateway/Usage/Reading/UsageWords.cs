using System.Collections.Frozen;
using System.Text.Json;

namespace OrleansGateway.Usage.Reading;

/// <summary>The words of the API for what reports are filtered and grouped by. They never change.</summary>
internal static class UsageWords
{
    /// <summary>Stands in a filter for those that have no such value: <c>team=(none)</c>.</summary>
    public const string None = "(none)";

    public static readonly FrozenDictionary<string, UsageDimension> Dimensions = Enum.GetValues<UsageDimension>().ToFrozenDictionary(Of, StringComparer.OrdinalIgnoreCase);

    public static readonly FrozenDictionary<string, UsageStep> Steps = Enum.GetValues<UsageStep>().ToFrozenDictionary(Of, StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<UsageDimension, string> s_names = Enum.GetValues<UsageDimension>().ToFrozenDictionary(d => d, Of);

    /// <summary><c>target_model</c>.</summary>
    public static string Name(UsageDimension dimension) => s_names[dimension];

    /// <summary><c>target_model</c>.</summary>
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
