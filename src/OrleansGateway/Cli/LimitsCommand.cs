using System.CommandLine;
using OrleansGateway.Admin;
using OrleansGateway.Leases;

namespace OrleansGateway.Cli;

/// <summary><c>gateway limits explain</c>: why a call was, or would be, refused.</summary>
internal static class LimitsCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var key = new Option<string?>("--key") { Description = "Id of the key that calls. Default: none, an anonymous call." };
        var model = new Option<string?>("--model") { Description = "Model that is called." };
        var route = new Option<string?>("--route") { Description = "Id of the route. Default: the first that serves the model API to the key." };
        var address = new Option<string?>("--ip") { Description = "Address that the call comes from." };
        var explain = AdminCommand.Reading(
            "explain", "Show which limits and budgets a call meets, and how they stand.", admin,
            result =>
            {
                var query = AdminCommand.Filter("key", result.GetValue(key)) + AdminCommand.Filter("model", result.GetValue(model))
                    + AdminCommand.Filter("route", result.GetValue(route)) + AdminCommand.Filter("ip", result.GetValue(address));
                return "/limits/explain" + (query.Length == 0 ? "" : "?" + query[1..]);
            },
            AdminJson.Default.LimitExplanationDocument, Print, key, model, route, address);
        var command = new Command("limits", "Explain rate limits and budgets.") { explain };
        admin.AddTo(command);
        return command;
    }

    private static void Print(TextWriter output, LimitExplanationDocument explained)
    {
        if (explained.Accounts.Count == 0)
        {
            output.WriteLine("No limit and no budget applies.");
            return;
        }

        TextTable.Write(output, ["RULE", "SCOPE", "KIND", "UNIT", "LIMIT", "LEFT", "OUT", "SUSPENSE", "WHOLE IN", "MODE", "HELD BY"], explained.Accounts.Select(Row));
    }

    private static string[] Row(ExplainedAccountDocument account) =>
    [
        account.Rule, account.Scope.Length > 0 ? account.Scope : "-", account.Kind, account.Unit == "nano_usd" ? "USD" : account.Unit,
        Amount(account, account.Limit), Amount(account, account.Remaining), Amount(account, account.Out), Amount(account, account.Suspense),
        account.ResetSeconds > 0 ? account.ResetSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s" : "-",
        account.Shadow ? account.Mode + ", shadow" : account.Mode,
        account.Holders.Count == 0 ? "-" : string.Join(' ', account.Holders.Select(h => $"{h.Session.ToString()[..8]}:{Amount(account, h.Units)}")),
    ];

    private static string Amount(ExplainedAccountDocument account, long amount) =>
        account.Unit == "nano_usd" ? NanoUsd.Format(amount) : amount.ToString(CultureInfo.InvariantCulture);
}
