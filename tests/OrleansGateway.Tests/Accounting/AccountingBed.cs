using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OrleansGateway.Tests.Gateway;

namespace OrleansGateway.Tests.Accounting;

/// <summary>Speaks to the admin API of a whole gateway.</summary>
internal sealed class AccountingBed(GatewayUnderTest gateway) : IDisposable
{
    private readonly HttpClient _admin = new()
    {
        BaseAddress = gateway.AdminAddress,
        Timeout = TimeSpan.FromMinutes(10),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", gateway.AdminToken) },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async Task<JsonElement> GetAsync(string path) => await ReadAsync(await _admin.GetAsync("/admin/v1" + path, Cancel));

    public async Task<JsonElement> PostAsync(string path, string json = "") =>
        await ReadAsync(await _admin.PostAsync("/admin/v1" + path, new StringContent(json, Encoding.UTF8, "application/json"), Cancel));

    /// <summary>What it answers, whatever that is.</summary>
    public async Task<HttpStatusCode> TryAsync(string path, string json)
    {
        using var answer = await _admin.PostAsync("/admin/v1" + path, new StringContent(json, Encoding.UTF8, "application/json"), Cancel);
        return answer.StatusCode;
    }

    /// <summary>The audit, which must find nothing.</summary>
    public async Task<JsonElement> AgreeAsync()
    {
        var audit = await PostAsync("/audit/usage");
        Assert.True(audit.GetProperty("agree").GetBoolean(), audit.ToString());
        Assert.DoesNotContain(audit.GetProperty("notes").EnumerateArray(), n => n.GetProperty("kind").GetString() == "moved");
        return audit;
    }

    /// <summary>What a budget has posted, in nano-dollars.</summary>
    public async Task<long> PostedAsync(string budget) => Nano(
        (await GetAsync("/budgets")).GetProperty("budgets").EnumerateArray().Single(b => b.GetProperty("budget").GetString() == budget).GetProperty("posted").GetString());

    public static long Nano(string? usd) => (long)(decimal.Parse(usd!, CultureInfo.InvariantCulture) * 1_000_000_000m);

    public void Dispose() => _admin.Dispose();

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using var sent = response;
        var text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }
}
