using System.CommandLine;
using OrleansGateway.Admin;
using OrleansGateway.Caching.Reading;

namespace OrleansGateway.Cli;

/// <summary><c>gateway cache</c>: what caches have done, what is asked for most, and why a request is answered from the cache or not.</summary>
internal static class CacheCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var command = new Command("cache", "Show what caches hold, do and save.") { Stats(admin), Top(admin), Explain(admin) };
        admin.AddTo(command);
        return command;
    }

    private static Command Stats(AdminOptions admin)
    {
        var (tenant, route) = (Only("--tenant", "Only of this tenant."), Only("--route", "Only of this route."));
        var last = new Option<string>("--last") { Description = "Over about the last minute or hour, or since the start.", DefaultValueFactory = static _ => "start" };
        last.AcceptOnlyFromAmong("start", "minute", "hour");
        var json = KeysCommand.JsonOption();
        var command = new Command("stats", "Requests, hits, bytes and money saved, by tenant and route.") { tenant, route, last, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var answer = await client.GetAsync(AdminCommand.AdminPath("/cache/stats?" + Query(("tenant", result.GetValue(tenant)), ("route", result.GetValue(route)))), cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.CacheStatsDocument, (output, stats) => Print(output, stats, result.GetRequiredValue(last)));
        });
        return command;
    }

    private static Command Top(AdminOptions admin)
    {
        var by = new Option<string>("--by") { Description = "What URLs are hot by: requests, bytes that no upstream was asked for, or misses.", DefaultValueFactory = static _ => "requests" };
        by.AcceptOnlyFromAmong("requests", "bytes", "misses");
        var (tenant, route) = (Only("--tenant", "Only of this tenant."), Only("--route", "Only of this route."));
        var limit = new Option<int>("--limit") { Description = "How many at most, 1 to 1000.", DefaultValueFactory = static _ => 20 };
        return AdminCommand.Reading(
            "top", "The URLs that are asked for most, the hottest first. Numbers are estimates.", admin,
            result => "/cache/top?" + Query(
                ("by", result.GetValue(by)), ("tenant", result.GetValue(tenant)), ("route", result.GetValue(route)), ("limit", result.GetValue(limit).ToString(CultureInfo.InvariantCulture))),
            AdminJson.Default.CacheTopDocument, static (output, top) =>
            {
                if (top.Keys.Count == 0) output.WriteLine("Nothing was asked for.");
                else TextTable.Write(output, [top.By.ToUpperInvariant(), "TENANT", "ROUTE", "URL"], top.Keys.Select(static k => new[] { Number(k.Count), k.Tenant ?? "-", k.Route, Safe(k.Url) }));
            }, by, tenant, route, limit);
    }

    private static Command Explain(AdminOptions admin)
    {
        var url = new Argument<string>("URL") { Description = "A URL, as clients call it, with its scheme." };
        var (tenant, team, user) = (Only("--tenant", "Who would call."), Only("--team", "The caller's team."), Only("--user", "The caller's user, for routes with the scope user."));
        var key = Only("--key", "Id of the caller's key, for routes with the scope user and keys of no user.");
        var header = new Option<string[]>("--header") { Description = "A field of the request, such as 'Accept-Language: de'. May be given several times." };
        var json = KeysCommand.JsonOption();
        var command = new Command("explain", "Say what the cache would make of a request, and why.") { url, tenant, team, user, key, header, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var query = Query(("url", result.GetRequiredValue(url)), ("tenant", result.GetValue(tenant)), ("team", result.GetValue(team)), ("user", result.GetValue(user)), ("key", result.GetValue(key)));
            var headers = string.Concat((result.GetValue(header) ?? []).Select(static text => AdminCommand.Filter("header", text)));
            var answer = await client.GetAsync(AdminCommand.AdminPath("/cache/explain?" + query + headers), cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.CacheExplanationDocument, CacheExplanationPrinter.Print);
        });
        return command;
    }

    private static void Print(TextWriter output, CacheStatsDocument stats, string last)
    {
        var rows = stats.Rows.Select(row => (Row: row, Sums: last switch { "minute" => row.LastMinute, "hour" => row.LastHour, _ => row.Total })).Where(static row => row.Sums.Requests > 0 || row.Sums.Model is not null).ToArray();
        if (rows.Length == 0) output.WriteLine("No requests on routes with a cache.");
        if (rows.Any(static row => row.Sums.Requests > 0))
            TextTable.Write(output, ["TENANT", "ROUTE", "REQUESTS", "HIT RATIO", "HITS", "STALE", "COLLAPSED", "REVALIDATED", "MISSES", "BYPASSED", "BYTES SAVED"],
                rows.Where(static row => row.Sums.Requests > 0).Select(static row => new[]
                {
                    row.Row.Tenant ?? "-", row.Row.Route, Number(row.Sums.Requests), Percent(row.Sums.HitRatio), Number(row.Sums.Hits), Number(row.Sums.Stale), Number(row.Sums.Collapsed), Number(row.Sums.Revalidated),
                    Number(row.Sums.Misses), Number(row.Sums.Bypassed), Number(row.Sums.SavedBytes),
                }));
        if (rows.Any(static row => row.Sums.Model is not null))
            TextTable.Write(output, ["TENANT", "MODEL ROUTE", "CALLS", "HIT RATIO", "HITS", "COLLAPSED", "MISSES", "BYPASSED", "TOKENS SAVED", "SAVED USD"],
                rows.Where(static row => row.Sums.Model is not null).Select(static row => new[]
                {
                    row.Row.Tenant ?? "-", row.Row.Route, Number(row.Sums.Model!.Requests), Percent(row.Sums.Model.HitRatio), Number(row.Sums.Model.Hits), Number(row.Sums.Model.Collapsed), Number(row.Sums.Model.Misses),
                    Number(row.Sums.Model.Bypassed), Number(row.Sums.Model.SavedTokens), row.Sums.Model.Saved,
                }));
        if (stats.Store is { } store) output.WriteLine(Line("Stored", "URLs", store));
        if (stats.ModelStore is { Entries: > 0 } models) output.WriteLine(Line("Stored", "answers of models", models));
        output.WriteLine($"Since {KeyPrinter.At(stats.Since)}.");

        static string Line(string what, string of, CacheStoreDocument store) => string.Create(
            CultureInfo.InvariantCulture, $"{what}: {store.Entries} {of} in {store.MemoryBytes} of {store.MemoryBytesMax} bytes; {store.Evictions} had to go for want of room.");
    }

    private static Option<string?> Only(string name, string description) => new(name) { Description = description };

    private static string Query(params (string Name, string? Value)[] parameters) => string.Concat(parameters.Select(static p => AdminCommand.Filter(p.Name, p.Value))).TrimStart('&');

    private static string Percent(double? ratio) => ratio is { } known ? string.Create(CultureInfo.InvariantCulture, $"{100 * known:0.0} %") : "-";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    // Clients make URLs up, and a terminal obeys what is in them.
    private static string Safe(string text) => string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c));
}
