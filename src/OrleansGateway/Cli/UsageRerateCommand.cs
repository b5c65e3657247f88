using System.CommandLine;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway usage rerate</c>: mends what was billed at a wrong price.</summary>
internal static class UsageRerateCommand
{
    /// <summary>Longest time that it may take: it reads all records there are.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromHours(1);

    public static Command Create(AdminOptions admin)
    {
        var since = new Option<DateTimeOffset>("--since") { Description = "From this instant on, such as 2030-01-31T00:00:00Z.", Required = true };
        var until = new Option<DateTimeOffset?>("--until") { Description = "Before this instant. Default: now." };
        var provider = new Option<string?>("--provider") { Description = "Only what this provider has served." };
        var model = new Option<string?>("--model") { Description = "Only of this model, as clients name it." };
        var dry = new Option<bool>("--dry-run") { Description = "Only say what it would do." };
        var reason = new Option<string?>("--reason") { Description = "Why, for the audit log." };
        var json = KeysCommand.JsonOption();
        var command = new Command("rerate", "Reckon anew what calls cost, with the prices as they are known now, and post the differences.") { since, until, provider, model, dry, reason, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result, AnswerWithin);
            var request = new RerateRequest
            {
                Since = result.GetRequiredValue(since), Until = result.GetValue(until), Provider = result.GetValue(provider), Model = result.GetValue(model), DryRun = result.GetValue(dry),
                Reason = result.GetValue(reason),
            };
            var answer = await client.PostAsync(AdminCommand.AdminPath("/usage/rerate"), request, AdminJson.Default.RerateRequest, cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.RerateDocument, Print);
        });
        return command;
    }

    private static void Print(TextWriter output, RerateDocument done)
    {
        output.WriteLine($"{done.Corrected} records {(done.DryRun ? "would cost" : "cost")} {done.Difference} US dollars more, and tenants are billed {done.Billed} more; {done.Unchanged} cost what they did, {done.Unpriced} have no price now.");
        if (done.Budgets.Count > 0)
        {
            TextTable.Write(output, ["BUDGET", "SCOPE", "PERIOD", "CHARGED MORE"], done.Budgets.Select(b => new[]
            {
                b.Budget, b.Scope.Length > 0 ? b.Scope : "-", b.Period.ToString(CultureInfo.InvariantCulture), b.Difference,
            }));
        }
    }
}
