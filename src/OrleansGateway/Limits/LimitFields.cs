using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Limits;

/// <summary>
/// Writes where limits stand into the header of an answer, in the ways that the route asks for. Money is not told: what it is worth is between the operator and
/// its customer.
/// </summary>
internal static class LimitFields
{
    /// <param name="headers">Of the answer.</param>
    /// <param name="ways">As the route states them.</param>
    /// <param name="dialect">What the client speaks.</param>
    /// <param name="levels">Where the limits stand, those of money left out.</param>
    /// <param name="now">For those ways that tell an instant.</param>
    public static void Write(IHeaderDictionary headers, IReadOnlyList<RateLimitHeaders> ways, Dialect dialect, ReadOnlySpan<LimitLevel> levels,
        DateTimeOffset now)
    {
        if (levels.IsEmpty) return;
        foreach (var way in ways)
        {
            switch (way == RateLimitHeaders.Dialect ? Of(dialect) : way)
            {
                case RateLimitHeaders.OpenAI:
                    DialectFields.WriteOpenAI(headers, levels);
                    break;
                case RateLimitHeaders.Anthropic:
                    DialectFields.WriteAnthropic(headers, levels, now);
                    break;
                case RateLimitHeaders.Legacy:
                    DialectFields.WriteLegacy(headers, levels, now);
                    break;
                default:
                    PolicyFields.Write(headers, levels);
                    break;
            }
        }
    }

    private static RateLimitHeaders Of(Dialect dialect) => dialect switch
    {
        Dialect.OpenAI => RateLimitHeaders.OpenAI,
        Dialect.Anthropic => RateLimitHeaders.Anthropic,
        _ => RateLimitHeaders.Ietf,
    };
}
