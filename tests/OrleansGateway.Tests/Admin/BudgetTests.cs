using System.Net;
using System.Text.Json;

namespace OrleansGateway.Tests.Admin;

/// <summary>What operators see of budgets, and do to them.</summary>
public sealed class BudgetTests : IAsyncLifetime
{
    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await AdminHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task Grant_SentTwiceWithOneKey_CountsOnceAndIsNotedOnce()
    {
        const string Body = """{"budget":"team","scope":"acme/blue","amount":"12.50","reason":"launch","priority":1,"expires_at":"2099-01-01T00:00:00Z"}""";
        var (first, made) = await _host.PostAsync("/admin/v1/budgets/grant", Body, "launch");
        var (second, again) = await _host.PostAsync("/admin/v1/budgets/grant", Body, "launch");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.Equal("112.5", made.GetProperty("limit").GetString());
        Assert.Equal("112.5", again.GetProperty("limit").GetString());
        var credit = Assert.Single(again.GetProperty("credits").EnumerateArray());
        Assert.Equal(("launch", "12.5", "0"), (credit.GetProperty("id").GetString(), credit.GetProperty("amount").GetString(), credit.GetProperty("used").GetString()));
        var records = (await _host.GetAsync("/admin/v1/audit?action=budget.")).Body.GetProperty("records").EnumerateArray().ToArray();
        var noted = Assert.Single(records);
        Assert.Equal(("budget.grant", "acme"), (noted.GetProperty("action").GetString(), noted.GetProperty("tenant").GetString()));
        Assert.Equal("100", noted.GetProperty("before").GetProperty("limit").GetString());
        Assert.Equal(("112.5", "launch"), (noted.GetProperty("after").GetProperty("limit").GetString(), noted.GetProperty("after").GetProperty("reason").GetString()));
    }

    [Fact(Timeout = 60_000)]
    public async Task Adjust_DownAndUp_IsShownInTheList()
    {
        await _host.PostAsync("/admin/v1/budgets/adjust", """{"budget":"team","scope":"acme/blue","amount":"-40"}""");
        var (_, list) = await _host.GetAsync("/admin/v1/budgets?tenant=acme");
        var budget = Assert.Single(list.GetProperty("budgets").EnumerateArray());
        Assert.Equal(("team", "acme/blue", "60", "60"), (Text(budget, "budget"), Text(budget, "scope"), Text(budget, "limit"), Text(budget, "available")));
        Assert.Empty((await _host.GetAsync("/admin/v1/budgets?tenant=closed")).Body.GetProperty("budgets").EnumerateArray());
        Assert.Empty((await _host.GetAsync("/admin/v1/budgets?budget=other")).Body.GetProperty("budgets").EnumerateArray());
        Assert.Empty((await _host.GetAsync("/admin/v1/budgets/suspense")).Body.GetProperty("suspense").EnumerateArray());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("grant", """{"scope":"acme/blue","amount":"1"}""", 422, "budget")]
    [InlineData("grant", """{"budget":"team","scope":"acme/blue"}""", 422, "amount")]
    [InlineData("grant", """{"budget":"team","scope":"acme/blue","amount":"-1"}""", 422, "amount")]
    [InlineData("grant", """{"budget":"team","scope":"acme/blue","amount":"1.0000000001"}""", 422, "amount")]
    [InlineData("grant", """{"budget":"team","scope":"acme/blue","amount":"1e3"}""", 422, "amount")]
    [InlineData("grant", """{"budget":"team","scope":"acme/blue","amount":"1","priority":5000}""", 422, "priority")]
    [InlineData("refund", """{"budget":"team","scope":"acme/blue","amount":"1","priority":1}""", 422, "")]
    [InlineData("reset", """{"budget":"team","scope":"acme/blue","amount":"1"}""", 422, "amount")]
    [InlineData("settle", """{"budget":"team","scope":"acme/blue","amount":"1"}""", 422, "session")]
    [InlineData("grant", """{"budget":"other","scope":"acme/blue","amount":"1"}""", 404, null)]
    [InlineData("refund", """{"budget":"team","scope":"acme/blue","amount":"1"}""", 409, null)]
    public async Task Act_ThatCannotBe_SaysWhatIsWrong(string act, string body, int status, string? path)
    {
        var (response, problem) = await _host.PostAsync($"/admin/v1/budgets/{act}", body);
        Assert.Equal(status, (int)response.StatusCode);
        if (path is not null) Assert.Contains(path, problem.GetProperty("errors").EnumerateArray().Select(e => Text(e, "path")));
    }

    [Fact(Timeout = 60_000)]
    public async Task List_ForAnAdminOfOneTenant_ShowsNoOther()
    {
        await _host.PostAsync("/admin/v1/budgets/adjust", """{"budget":"team","scope":"closed/x","amount":"1"}""");
        var token = await _host.AdminAsync("viewer", "acme");
        var (_, list) = await _host.CallAsync("GET", "/admin/v1/budgets", token: token);
        Assert.DoesNotContain("closed", list, StringComparison.Ordinal);
        var (refused, _) = await _host.CallAsync("GET", "/admin/v1/budgets?tenant=closed", token: token);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Explain_OfAKey_NamesItsAccountsAndHowTheyStand()
    {
        var (_, explained) = await _host.GetAsync("/admin/v1/limits/explain?key=configured");
        Assert.Equal(("configured", "acme", "chat"), (Text(explained, "key"), Text(explained, "tenant"), Text(explained, "route")));
        var account = Assert.Single(explained.GetProperty("accounts").EnumerateArray(), a => Text(a, "rule") == "rate_limits.per-key");
        Assert.Equal(("acme/configured", "requests", "leased"), (Text(account, "scope"), Text(account, "unit"), Text(account, "mode")));
        Assert.Equal((60, 60), (account.GetProperty("limit").GetInt64(), account.GetProperty("remaining").GetInt64()));
        var (unknown, problem) = await _host.GetAsync("/admin/v1/limits/explain?key=nobody&model=none&ip=x");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unknown.StatusCode);
        Assert.Equal(["ip", "key", "model"], problem.GetProperty("errors").EnumerateArray().Select(e => Text(e, "path")).Order());
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
