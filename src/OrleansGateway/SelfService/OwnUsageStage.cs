using System.Collections.Concurrent;
using System.Text.Json;
using OrleansGateway.Auth;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Limits;
using OrleansGateway.Usage;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.SelfService;

/// <summary>
/// <c>GET /gateway/v1/usage</c>: what the caller itself has used, under its own key. Stands before the stage that finds routes, and leaves the path to any route that takes it. One
/// question of a key at a time, and few of all: reports are not to crowd out calls.
/// </summary>
internal sealed class OwnUsageStage(AuthStage auth, IUsageReports reports, LimitExplanation explanation, TimeProvider time) : IStage
{
    public const string Path = "/gateway/v1/usage";

    /// <summary>A label of a key by which an admin lets it see the usage of its whole organisation, if its value is <c>tenant</c>.</summary>
    public const string ScopeLabel = "usage_scope";

    private const int AtOnceMax = 4;
    private const int RowsMax = 1_000;
    private static readonly TimeSpan s_spanDefault = TimeSpan.FromDays(30);

    private static readonly string[] s_others = ["from", "to", "by", "step", "zone", "limit", "cursor"];

    // Not providers and routes: which of those serve a model is the operator's own affair.
    private static readonly UsageDimension[] s_ofKey =
        [UsageDimension.Model, UsageDimension.Operation, UsageDimension.Outcome, UsageDimension.Error, UsageDimension.Cache, UsageDimension.Source, UsageDimension.Tag];

    private static readonly UsageDimension[] s_ofTenant = [.. s_ofKey, UsageDimension.Team, UsageDimension.User, UsageDimension.Key];

    private static readonly Refusal s_busy = new(429, "usage_busy", "A report is being made for this key, or too many for others. Try again.", RetryAfter: TimeSpan.FromSeconds(1));
    private static readonly Refusal s_down = new(503, "usage_unavailable", "Usage cannot be read now. Try again.", RetryAfter: TimeSpan.FromSeconds(5));

    private readonly ConcurrentDictionary<string, bool> _asking = new(StringComparer.Ordinal);
    private int _count;

    public ValueTask InvokeAsync(Exchange exchange, Next next) =>
        exchange.Http.Request.Path.Value == Path && IsFree(exchange) ? auth.InvokeAsync(exchange, ServeAsync) : next(exchange);

    private static bool IsFree(Exchange exchange)
    {
        var request = exchange.Http.Request;
        return exchange.Snapshot.Routes.Find(new RouteRequest
        {
            Host = request.Host.Value ?? "", Method = request.Method, Path = Path, Query = request.QueryString.Value ?? "", Headers = request.Headers, ServesModels = static (_, _) => false,
        }) is null;
    }

    private async ValueTask ServeAsync(Exchange exchange)
    {
        await SocketThreads.Leave();
        if (!HttpMethods.IsGet(exchange.Http.Request.Method))
        {
            exchange.Http.Response.Headers.Allow = HttpMethods.Get;
            exchange.Refuse(new Refusal(405, "method_not_allowed", $"{Path} takes GET, not {exchange.Http.Request.Method}."));
            return;
        }

        // Who has a token is told by more than the issuer's id.
        var caller = exchange.Caller!;
        var asking = $"{caller.Tenant}\n{caller.KeyId}\n{caller.User}";
        if (!_asking.TryAdd(asking, true))
        {
            exchange.Refuse(s_busy);
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _count) > AtOnceMax) exchange.Refuse(s_busy);
            else await AnswerAsync(exchange, caller);
        }
        catch (UsageStoreException)
        {
            exchange.Refuse(s_down);
        }
        finally
        {
            Interlocked.Decrement(ref _count);
            _asking.TryRemove(asking, out _);
        }
    }

    private async Task AnswerAsync(Exchange exchange, Caller caller)
    {
        var isOfTenant = !caller.IsToken && caller.Metadata.GetValueOrDefault(ScopeLabel) == "tenant";
        var text = new UsageQueryText(exchange.Http.Request.Query, time.GetUtcNow());
        var query = Read(text, isOfTenant ? s_ofTenant : s_ofKey);
        if (text.Faults is [var fault, ..])
        {
            exchange.Refuse(Refusal.BadRequest("invalid_query", $"{fault.Path}: {fault.Message}", fault.Path));
            return;
        }

        var report = await reports.ReportAsync(query with { Only = Bound(query.Only, caller, isOfTenant) }, exchange.Aborted);
        var document = new OwnUsageDocument(
            caller.KeyId, caller.Tenant, caller.Team, caller.User, isOfTenant ? "tenant" : "key", UsageReportDocument.Of(query, report, toTenant: true), await BudgetsAsync(exchange, caller, text.Text("model")));
        exchange.Http.Response.Headers.CacheControl = "no-store";
        exchange.Http.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(exchange.Http.Response.Body, document, SelfServiceJson.Default.OwnUsageDocument, exchange.Aborted);
    }

    private static UsageQuery Read(UsageQueryText text, UsageDimension[] allowed)
    {
        text.Known([.. allowed.Select(UsageWords.Name), .. s_others]);
        var (from, to) = text.Range(s_spanDefault);
        return new UsageQuery
        {
            From = from, To = to, Step = text.Step(from, to), Zone = text.Zone(), By = text.Text("by") is null ? [UsageDimension.Model] : text.By(allowed), Only = text.Only(allowed),
            Limit = text.Number("limit", RowsMax, RowsMax), Offset = text.Offset(),
        };
    }

    /// <summary>What was asked for, of what is the caller's: of a token also its team and user, for all tokens of an issuer have one id.</summary>
    private static Dictionary<UsageDimension, IReadOnlyList<string>> Bound(IReadOnlyDictionary<UsageDimension, IReadOnlyList<string>> only, Caller caller, bool isOfTenant)
    {
        var bound = new Dictionary<UsageDimension, IReadOnlyList<string>>(only) { [UsageDimension.Tenant] = [UsageDimensions.Short(caller.Tenant)] };
        if (isOfTenant) return bound;
        bound[UsageDimension.Key] = [UsageDimensions.Short(caller.KeyId)];
        if (!caller.IsToken) return bound;
        bound[UsageDimension.Team] = [UsageDimensions.Short(caller.Team)];
        bound[UsageDimension.User] = [UsageDimensions.Short(caller.User)];
        return bound;
    }

    /// <summary>
    /// The budgets of its organisation that a call of it takes from, for the model asked about, or else for the first that it may use: most budgets are of all models alike.
    /// </summary>
    private async Task<IReadOnlyList<OwnBudgetDocument>> BudgetsAsync(Exchange exchange, Caller caller, string? asked)
    {
        var route = exchange.Snapshot.Routes.All.FirstOrDefault(r => r.IsModelApi && caller.Routes.Matches(r.Id));
        var model = exchange.Snapshot.Models.Values.Where(m => caller.Models.Matches(m.Name) && (asked is null || m.Name == asked)).MinBy(m => m.Name, StringComparer.Ordinal);
        if (route is null || model is null) return [];
        var call = new Exchange(exchange.Http, exchange.Snapshot, exchange.Id, exchange.StartedAt) { Caller = caller, Route = route, ClientAddress = exchange.ClientAddress };
        var accounts = await explanation.OfAsync(call, model, exchange.Aborted);
        return [.. accounts.Where(a => a.Rule is { Budget: not null, IsOfTenant: true }).Select(OwnBudgetDocument.Of)];
    }
}
