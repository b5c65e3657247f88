using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansGateway.Cluster.Tests.Faults;

/// <summary>The books of a cluster, compared with what its provider bills: usage records, and what budgets have posted.</summary>
/// <param name="upstream">Whose count is right.</param>
/// <param name="edge">Who is asked.</param>
internal sealed class ClusterBooks(BilledUpstream upstream, ClusterGateway edge)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(500);

    // A gateway settles by itself what it finds a record of, once it is started again: whoever settles by hand waits for that.
    private static readonly TimeSpan s_settleAfter = TimeSpan.FromSeconds(3);

    private readonly Stopwatch _since = Stopwatch.StartNew();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Calls that a killed edge had under way, and of which only the provider's log could say what they cost.</summary>
    public int Settled { get; private set; }

    /// <summary>Waits until a tenant's books are closed, and compares them; answers its bill in nano-dollars.</summary>
    public async Task<long> CloseAsync(string tenant)
    {
        while (true)
        {
            var bills = upstream.BillsOf(tenant);
            var fault = await CompareAsync(tenant, bills);
            if (fault is null) return bills.Values.Sum();
            Assert.True(_since.Elapsed < s_patience, $"{tenant}: {fault}");
            await Task.Delay(s_often, Cancel);
        }
    }

    private async Task<string?> CompareAsync(string tenant, Dictionary<string, long> bills)
    {
        var records = await RecordsAsync(tenant);
        if (_since.Elapsed > s_settleAfter) await SettleAsync(tenant, records);
        foreach (var (call, bill) in bills)
        {
            if (!records.TryGetValue(call, out var found)) return $"{call} cost {bill}, and there is no record of it";
            if (found.Sum(r => r.Cost) != bill) return $"{call} cost {bill}, and its records say {string.Join(" + ", found)}";
            if (found.Count != 1) return $"{call} has the records {string.Join(", ", found)}";
        }

        var unknown = records.FirstOrDefault(r => !bills.ContainsKey(r.Key) && r.Value.Sum(v => v.Cost) > 0).Key;
        if (unknown is not null) return $"{unknown} never came, and has the records {string.Join(", ", records[unknown])}";
        return await CompareLedgerAsync(tenant, bills.Values.Sum());
    }

    private async Task<string?> CompareLedgerAsync(string tenant, long bill)
    {
        var rows = (await GetAsync($"budgets?tenant={tenant}")).GetProperty("budgets");
        if (rows.GetArrayLength() == 0) return bill == 0 ? null : "nothing is in the ledger";
        var row = Assert.Single(rows.EnumerateArray().ToArray());
        if (Nano(row, "posted") != bill || Nano(row, "suspense") != 0) return $"the bill is {bill}, and the ledger says {row}";
        return Nano(row, "posted") + Nano(row, "held") + Nano(row, "available") == Nano(row, "limit") ? null : $"it does not add up: {row}";
    }

    /// <summary>Says of each call that is in suspense and has no record what the provider has billed for it.</summary>
    private async Task SettleAsync(string tenant, Dictionary<string, List<Entry>> records)
    {
        foreach (var hold in (await GetAsync($"budgets/suspense?tenant={tenant}")).GetProperty("suspense").EnumerateArray())
        {
            if (hold.GetProperty("hold").GetString() is not { } call || records.ContainsKey(call)) continue;
            Assert.True(upstream.BillOf(call) <= Nano(hold, "amount"), $"{call} cost {upstream.BillOf(call)}, and this was held for it: {hold}");
            using var settled = await edge.Admin.PostAsJsonAsync("/admin/v1/budgets/settle", new
            {
                budget = "all",
                scope = hold.GetProperty("scope").GetString(),
                amount = (upstream.BillOf(call) / 1e9m).ToString(CultureInfo.InvariantCulture),
                session = hold.GetProperty("session").GetString(),
                lease = hold.GetProperty("lease").GetInt64(),
                hold = call,
                reason = "the provider's log",
            }, Cancel);
            if (settled.IsSuccessStatusCode) Settled++;
            else Assert.True(_since.Elapsed < s_patience, await settled.Content.ReadAsStringAsync(Cancel));
        }
    }

    private async Task<Dictionary<string, List<Entry>>> RecordsAsync(string tenant)
    {
        var records = new Dictionary<string, List<Entry>>(StringComparer.Ordinal);
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await GetAsync($"usage/records?tenant={tenant}&order=oldest&limit=1000" + (cursor.Length == 0 ? "" : $"&cursor={Uri.EscapeDataString(cursor)}"));
            foreach (var record in page.GetProperty("records").EnumerateArray())
            {
                var call = record.GetProperty("request_id").GetString()!;
                if (!records.TryGetValue(call, out var found)) records.Add(call, found = []);
                found.Add(new Entry(record.GetProperty("kind").GetString()!, record.GetProperty("billed_nano_usd").GetInt64(), record.GetProperty("outcome").GetString()!));
            }

            cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
        }

        return records;
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        while (true)
        {
            using var response = await edge.Admin.GetAsync("/admin/v1/" + path, Cancel);
            var text = await response.Content.ReadAsStringAsync(Cancel);
            if (response.IsSuccessStatusCode) return JsonElement.Parse(text);
            // Who has just been started may not have found the owner yet.
            Assert.True(_since.Elapsed < s_patience, $"{path}: {text}");
            await Task.Delay(s_often, Cancel);
        }
    }

    private static long Nano(JsonElement row, string name) => (long)(decimal.Parse(row.GetProperty(name).GetString()!, CultureInfo.InvariantCulture) * 1_000_000_000m);

    private sealed record Entry(string Kind, long Cost, string Outcome);
}
