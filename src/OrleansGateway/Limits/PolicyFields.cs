using System.Text;
using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>
/// <c>RateLimit-Policy</c> and <c>RateLimit</c> of draft-ietf-httpapi-ratelimit-headers-11: structured fields (RFC 9651), an item for each limit.
/// </summary>
internal static class PolicyFields
{
    /// <summary>Greatest integer of a structured field (RFC 9651 §3.3.1).</summary>
    private const long IntegerMax = 999_999_999_999_999;

    public static void Write(IHeaderDictionary headers, ReadOnlySpan<LimitLevel> levels)
    {
        var (policy, state) = (new StringBuilder(), new StringBuilder());
        foreach (var level in levels)
        {
            Begin(policy, level);
            Add(policy, "q", level.Limit);
            // Requests are the default (§3.1). Tokens are in no registry yet; clients pass over units that they do not know.
            if (UnitOf(level.Dimension) is { } unit) policy.Append(";qu=\"").Append(unit).Append('"');
            if (level.Window is { } window) Add(policy, "w", Math.Max(1, LimitLevel.Seconds(window)));
            AddPartition(policy, level);
            if (level.Remaining is not { } remaining) continue;
            Begin(state, level);
            Add(state, "r", remaining);
            if (level.Window is not null) Add(state, "t", LimitLevel.Seconds(level.Reset));
            AddPartition(state, level);
        }

        headers["RateLimit-Policy"] = policy.ToString();
        if (state.Length > 0) headers["RateLimit"] = state.ToString();
    }

    private static string? UnitOf(Dimension dimension) => dimension switch
    {
        Dimension.Requests => null,
        Dimension.Concurrency => "concurrent-requests",
        Dimension.InputTokens => "input-tokens",
        Dimension.OutputTokens => "output-tokens",
        _ => "tokens",
    };

    private static void Begin(StringBuilder list, in LimitLevel level)
    {
        if (list.Length > 0) list.Append(", ");
        list.Append('"').Append(level.Rule).Append('"');
    }

    private static void Add(StringBuilder list, string name, long value) =>
        list.Append(';').Append(name).Append('=').Append(Math.Min(value, IntegerMax).ToString(CultureInfo.InvariantCulture));

    /// <summary>The caller's own names, which tell two accounts of one rule apart (§3.1.4).</summary>
    private static void AddPartition(StringBuilder list, in LimitLevel level)
    {
        if (level.Scope.Length > 0) list.Append(";pk=:").Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(level.Scope))).Append(':');
    }
}
