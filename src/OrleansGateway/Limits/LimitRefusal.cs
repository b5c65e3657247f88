using OrleansGateway.Http;
using OrleansGateway.Leases;

namespace OrleansGateway.Limits;

/// <summary>Says why a request was not admitted: which rule, for whom, how much it allows, and when the same request will be.</summary>
internal static class LimitRefusal
{
    /// <summary>Time after which it is worth another try where the owner or its ledger cannot be reached.</summary>
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    /// <param name="admission">What the edge says.</param>
    /// <param name="rule">Name of the binding account's rule, as the configuration has it.</param>
    /// <param name="per">What has an account of its own, such as <c>tenant, key</c>; empty if all share one.</param>
    /// <param name="moneyStatus">Status where money is used up.</param>
    /// <param name="now">For windows of a calendar.</param>
    public static Refusal Of(in Admission admission, string rule, string per, int moneyStatus, DateTimeOffset now)
    {
        var spec = admission.Binding?.Spec;
        var wait = admission.RetryAfter > TimeSpan.Zero ? admission.RetryAfter : (TimeSpan?)null;
        if (spec is null || admission.Denial == Denial.Unavailable) return Unavailable(rule);
        if (spec.Dimension == Dimension.Cost) return OfMoney(admission.Denial, spec, rule, per, moneyStatus, wait, now);
        var allows = Allowed(spec, per, now);
        if (admission.Denial != Denial.Never)
            return new Refusal(429, "rate_limit_exceeded", $"The rate limit '{rule}' ({allows}) is reached.{Again(wait)}", RetryAfter: wait) { Rule = rule };
        if (spec.Limit == 0) return new Refusal(429, "rate_limit_exceeded", $"The rate limit '{rule}' ({allows}) lets no such request pass.") { Rule = rule, IsFinal = true };
        return TooLarge(rule, allows);
    }

    private static Refusal OfMoney(Denial denial, AccountSpec spec, string rule, string per, int status, TimeSpan? wait, DateTimeOffset now)
    {
        var allows = Allowed(spec, per, now);
        var kind = spec.Kind == AccountKind.Budget ? "budget" : "rate limit";
        if (denial == Denial.Never && spec.Limit > 0) return TooLarge(rule, allows);
        if (spec.Kind != AccountKind.Budget && denial == Denial.NotNow)
            return new Refusal(429, "rate_limit_exceeded", $"The {kind} '{rule}' ({allows}) is reached.{Again(wait)}", RetryAfter: wait) { Rule = rule };
        var isHeld = denial == Denial.NotNow;
        var what = isHeld ? "What is left of it is held for requests that are under way." : "It is used up.";
        return new Refusal(status, "insufficient_quota", $"The {kind} '{rule}' ({allows}) has too little left for this request. {what}{Again(wait)}", RetryAfter: wait)
        {
            // SDKs try a 429 again after a second or so; money does not come back so soon.
            Rule = rule, Type = ErrorBody.InsufficientQuota, IsFinal = !isHeld,
        };
    }

    private static Refusal TooLarge(string rule, string allows) =>
        new(400, "request_too_large_for_limit", $"This request needs more than the limit '{rule}' ({allows}) ever has. Make it shorter, or ask for fewer output tokens.") { Rule = rule, IsFinal = true };

    private static Refusal Unavailable(string rule) =>
        new(503, "limits_unavailable", $"Nobody can say now what is left of the limit '{rule}'; try again later.", RetryAfter: s_again);

    private static string Again(TimeSpan? wait) => wait is { } time ? $" Try again in {LimitLevel.Seconds(time).ToString(CultureInfo.InvariantCulture)} s." : "";

    /// <summary>Such as <c>5 requests per 60 s for each key</c>.</summary>
    private static string Allowed(AccountSpec spec, string per, DateTimeOffset now)
    {
        var amount = spec.Dimension == Dimension.Cost
            ? "$" + NanoUsd.Format(spec.Limit)
            : spec.Limit.ToString(CultureInfo.InvariantCulture) + " " + Units(spec.Dimension);
        var window = LimitLevel.WindowOf(spec, now) is { } time ? " per " + Readable(time) : "";
        return amount + window + (per.Length > 0 ? " for each " + per : "");
    }

    private static string Units(Dimension dimension) => dimension switch
    {
        Dimension.Requests => "requests",
        Dimension.InputTokens => "input tokens",
        Dimension.OutputTokens => "output tokens",
        Dimension.Tokens => "tokens",
        _ => "requests at once",
    };

    private static string Readable(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } when time.Ticks % TimeSpan.TicksPerDay == 0 => time.Days == 1 ? "day" : $"{time.Days} days",
        { TotalHours: >= 1 } when time.Ticks % TimeSpan.TicksPerHour == 0 => time.TotalHours == 1 ? "hour" : $"{time.TotalHours:0} hours",
        { TotalMinutes: >= 1 } when time.Ticks % TimeSpan.TicksPerMinute == 0 => time.TotalMinutes == 1 ? "minute" : $"{time.TotalMinutes:0} minutes",
        _ => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s",
    };
}
