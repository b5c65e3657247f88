using System.CommandLine;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway budgets</c>: shows budgets and what is in suspense; grants, refunds, adjusts, resets and settles.</summary>
internal static class BudgetsCommand
{
    private static readonly string[] Titles = ["BUDGET", "SCOPE", "LIMIT", "SPENT", "HELD", "SUSPENSE", "LEFT", "UNTIL"];

    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var command = new Command("budgets", "Show budgets; grant, refund, adjust, reset, settle.")
        {
            List(admin),
            Suspense(admin),
            Act(admin, "grant", "Add money to a budget.", hasAmount: true, OptionsOfGrant()),
            Act(admin, "refund", "Give back part of what was spent in this period.", hasAmount: true),
            Act(admin, "adjust", "Raise the limit of this period, or lower it with a negative amount.", hasAmount: true),
            Act(admin, "reset", "Let nothing of this period count as spent any more.", hasAmount: false),
            Act(admin, "settle", "Say what a hold in suspense has cost; the rest of it goes back.", hasAmount: true, OptionsOfSettlement()),
        };
        admin.AddTo(command);
        return command;
    }

    private static Command List(AdminOptions admin)
    {
        var (tenant, budget) = Filters();
        return AdminCommand.Reading(
            "list", "Budgets as they stand now, in US dollars.", admin, result => "/budgets" + Query(result, tenant, budget), AdminJson.Default.BudgetListDocument, Print, tenant, budget);
    }

    private static Command Suspense(AdminOptions admin)
    {
        var (tenant, budget) = Filters();
        return AdminCommand.Reading(
            "suspense", "Money held by gateways that died, of which nobody knows whether it was spent.", admin,
            result => "/budgets/suspense" + Query(result, tenant, budget), AdminJson.Default.SuspenseListDocument, Print, tenant, budget);
    }

    private static Command Act(AdminOptions admin, string name, string description, bool hasAmount, params Option[] more)
    {
        var budget = new Argument<string>("budget") { Description = "Id of the budget." };
        var scope = new Option<string?>("--scope") { Description = "Whom it is for, as 'budgets list' shows it, such as acme/research." };
        var amount = new Option<string?>("--amount") { Description = "US dollars, such as 12.50.", Required = hasAmount };
        var reason = new Option<string?>("--reason") { Description = "Why, for the audit log." };
        var id = new Option<string?>("--id") { Description = "Names the act: sent again with the same id, it is done once." };
        var json = KeysCommand.JsonOption();
        var command = new Command(name, description) { budget, scope, reason, id, json };
        if (hasAmount) command.Add(amount);
        foreach (var option in more) command.Add(option);
        command.Run(async (result, cancellation) =>
        {
            var request = new BudgetActRequest
            {
                Budget = result.GetRequiredValue(budget),
                Scope = result.GetValue(scope),
                Amount = hasAmount ? result.GetValue(amount) : null,
                Reason = result.GetValue(reason),
                Priority = Of<int?>(result, more, "--priority"),
                ExpiresAt = Of<DateTimeOffset?>(result, more, "--expires"),
                RollsOver = Of<bool?>(result, more, "--rolls-over"),
                Session = Of<Guid?>(result, more, "--session"),
                Hold = Of<string?>(result, more, "--hold"),
                Lease = Of<long?>(result, more, "--lease"),
            };
            using var client = admin.Client(result);
            var answer = await client.PostOnceAsync(AdminCommand.AdminPath($"/budgets/{name}"), request, AdminJson.Default.BudgetActRequest, result.GetValue(id), cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.BudgetDocument, static (output, one) => TextTable.Write(output, Titles, [Row(one)]));
        });
        return command;
    }

    private static Option[] OptionsOfGrant() =>
    [
        new Option<int?>("--priority") { Description = "The lowest is used first. Default: 0." },
        new Option<DateTimeOffset?>("--expires") { Description = "From when on what is left is gone, such as 2030-01-31T00:00:00Z. Default: with the period." },
        new Option<bool?>("--rolls-over") { Description = "Whether what is left goes into the next period: true or false.", HelpName = "true|false" },
    ];

    private static Option[] OptionsOfSettlement() =>
    [
        new Option<Guid?>("--session") { Description = "Session, as 'budgets suspense' shows it.", Required = true },
        new Option<long?>("--lease") { Description = "Number of the lease, as 'budgets suspense' shows it.", Required = true },
        new Option<string?>("--hold") { Description = "Id of the request; left out for what is held for requests that are not known." },
    ];

    private static T? Of<T>(ParseResult result, Option[] options, string name) =>
        Array.Find(options, option => option.Name == name) is Option<T> option ? result.GetValue(option) : default;

    private static (Option<string?> Tenant, Option<string?> Budget) Filters() =>
        (new("--tenant") { Description = "Only of this organisation." }, new("--budget") { Description = "Only this budget." });

    private static string Query(ParseResult result, Option<string?> tenant, Option<string?> budget)
    {
        var query = (AdminCommand.Filter("tenant", result.GetValue(tenant)) + AdminCommand.Filter("budget", result.GetValue(budget))).TrimStart('&');
        return query.Length == 0 ? "" : "?" + query;
    }

    private static void Print(TextWriter output, BudgetListDocument list)
    {
        if (list.Budgets.Count == 0) output.WriteLine("No budget has been used yet.");
        else TextTable.Write(output, Titles, list.Budgets.Select(Row));
    }

    private static void Print(TextWriter output, SuspenseListDocument list)
    {
        if (list.Suspense.Count == 0) output.WriteLine("Nothing is in suspense.");
        else TextTable.Write(output, ["BUDGET", "SCOPE", "AMOUNT", "HOLD", "LEASE", "SESSION", "SINCE"], list.Suspense.Select(s => new[]
        {
            s.Budget, s.Scope, s.Amount, s.Hold ?? "-", s.Lease.ToString(CultureInfo.InvariantCulture), s.Session.ToString(), s.At is { } at ? KeyPrinter.At(at) : "-",
        }));
    }

    private static string[] Row(BudgetDocument budget) =>
    [
        budget.Budget, budget.Scope.Length > 0 ? budget.Scope : "-", budget.Limit, budget.Posted, budget.Held, budget.Suspense, budget.Available,
        budget.End is { } end ? KeyPrinter.At(end) : "-",
    ];
}
