using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Says which limits and budgets a call would meet.</summary>
internal sealed class LimitEndpoints(LimitExplanation explanation, KeyDirectory keys, Func<Snapshot> current)
{
    public static readonly string[] Filters = ["key", "model", "route", "ip"];

    /// <summary><c>GET /limits/explain</c>.</summary>
    public async Task<IResult> ExplainAsync(AdminCall call)
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, Filters);
        var snapshot = current();
        var caller = await CallerAsync(call, snapshot, QueryText.Of(query, "key"), faults);
        var model = ModelOf(snapshot, QueryText.Of(query, "model"), faults);
        var route = RouteOf(snapshot, QueryText.Of(query, "route"), caller, faults);
        var address = AddressOf(QueryText.Of(query, "ip"), faults);
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var exchange = new Exchange(new DefaultHttpContext(), snapshot, call.RequestId, startedAt: 0) { Caller = caller, Route = route, ClientAddress = address };
        var accounts = await explanation.OfAsync(exchange, model, call.Aborted);
        return AdminAnswer.Json(
            new LimitExplanationDocument(caller?.KeyId, caller?.Tenant, caller?.Team, caller?.User, route!.Id, model?.Name, [.. accounts.Select(ExplainedAccountDocument.Of)]),
            AdminJson.Default.LimitExplanationDocument);
    }

    private async Task<Caller?> CallerAsync(AdminCall call, Snapshot snapshot, string? id, List<KeyFault> faults)
    {
        if (id is null)
        {
            if (call.Principal.Tenant is not null) faults.Add(new("key", "Must be the id of a key of your tenant."));
            return null;
        }

        var caller = snapshot.Keys.Values.FirstOrDefault(c => c.KeyId == id)
            ?? (await keys.GetAsync(id, call.Aborted) is { } key ? keys.Find(snapshot, key.Hash) : null);
        // A key of another tenant is one that there is not.
        if (caller is not null && (call.Principal.Tenant is not { } own || own == caller.Tenant)) return caller;
        faults.Add(new("key", "Must be the id of a key that is accepted."));
        return null;
    }

    private static Model? ModelOf(Snapshot snapshot, string? name, List<KeyFault> faults)
    {
        if (name is null) return null;
        if (!snapshot.Models.TryGetValue(name, out var model)) faults.Add(new("model", "Must be the name of a model."));
        return model;
    }

    /// <summary>The one named; else the first, by id, that serves the model API and that the caller may use.</summary>
    private static Route? RouteOf(Snapshot snapshot, string? id, Caller? caller, List<KeyFault> faults)
    {
        var routes = snapshot.Routes.All.OrderBy(r => r.Id, StringComparer.Ordinal);
        var route = id is null ? routes.FirstOrDefault(r => r.IsModelApi && caller?.Routes.Matches(r.Id) is not false) : routes.FirstOrDefault(r => r.Id == id);
        if (route is null) faults.Add(new("route", "Must be the id of a route."));
        return route;
    }

    private static IPAddress? AddressOf(string? text, List<KeyFault> faults)
    {
        if (text is null) return null;
        if (!IPAddress.TryParse(text, out var address)) faults.Add(new("ip", "Must be an IP address."));
        return address;
    }
}

/// <summary>The limits and budgets that a call meets.</summary>
internal sealed record LimitExplanationDocument(
    string? Key, string? Tenant, string? Team, string? User, string Route, string? Model, IReadOnlyList<ExplainedAccountDocument> Accounts);

/// <summary>
/// One of them. Amounts are in <c>Unit</c>: <c>requests</c>, <c>tokens</c> …, or <c>nano_usd</c>. <c>Out</c> is what gateways have and have not said they spent; <c>Suspense</c>, of that,
/// what nobody knows the end of; <c>ResetSeconds</c>, how long until it is whole again with no other traffic. <c>Mode</c> is <c>leased</c>, or <c>exact</c> near its end, when each
/// request asks its owner; <c>Shadow</c> says that it refuses nothing.
/// </summary>
internal sealed record ExplainedAccountDocument(
    string Rule, string Scope, string Kind, string Unit, long Limit, long Remaining, long Out, long Suspense, double ResetSeconds, string Mode, bool Shadow, IReadOnlyList<HolderDocument> Holders)
{
    public static ExplainedAccountDocument Of(ExplainedAccount explained)
    {
        var (rule, level) = explained;
        return new ExplainedAccountDocument(
            rule.Id, level.Account.Id.Scope, SnakeCase(level.Account.Spec.Kind.ToString()), UnitOf(level.Account.Spec.Dimension), level.Limit, level.Remaining, level.Out, level.Suspense,
            Math.Round(level.Reset.TotalSeconds, 3), level.IsExact ? "exact" : "leased", level.Account.Spec.Shadow, [.. level.Holders.Select(h => new HolderDocument(h.Key, h.Value))]);
    }

    private static string UnitOf(Dimension dimension) => dimension == Dimension.Cost ? "nano_usd" : SnakeCase(dimension.ToString());

    private static string SnakeCase(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}

/// <summary>A gateway, by its session, and the units that it has.</summary>
internal sealed record HolderDocument(Guid Session, long Units);
