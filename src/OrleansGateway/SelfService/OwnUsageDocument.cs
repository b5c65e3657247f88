using System.Text.Json.Serialization;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.SelfService;

/// <summary>
/// What a caller has used, and what is left of the budgets that it spends. <c>Scope</c> is <c>key</c>, or <c>tenant</c> if the key may see the usage of its whole organisation.
/// </summary>
internal sealed record OwnUsageDocument(string Key, string Tenant, string? Team, string? User, string Scope, UsageReportDocument Usage, IReadOnlyList<OwnBudgetDocument> Budgets);

/// <summary>
/// A budget, for whom it is, and how it stands in the period that it is now: US dollars as exact decimals in texts. <c>Spent</c> is what gateways have said they spent; it is some
/// seconds old. <c>ResetsIn</c> is seconds until the period ends; none if it never does.
/// </summary>
internal sealed record OwnBudgetDocument(string Budget, string Scope, string Limit, string Spent, string Left, double? ResetsIn)
{
    public static OwnBudgetDocument Of(ExplainedAccount explained)
    {
        var (rule, account, view) = explained;
        var (limit, spent) = (view?.Limit ?? account.Spec.Limit, view?.Posted ?? 0);
        return new OwnBudgetDocument(
            rule.Id["budgets.".Length..], account.Id.Scope, NanoUsd.Format(limit), NanoUsd.Format(spent), NanoUsd.Format(limit - spent),
            view is { Reset: { Ticks: > 0 } reset } ? Math.Round(reset.TotalSeconds) : null);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OwnUsageDocument))]
internal sealed partial class SelfServiceJson : JsonSerializerContext;
