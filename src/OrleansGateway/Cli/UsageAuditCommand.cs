using System.CommandLine;
using System.Text.Json;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway audit</c>, and <c>gateway audit usage</c>: proves that ledger, records and sums agree. Fails if they do not.</summary>
internal static class UsageAuditCommand
{
    public static Command Create(AdminOptions admin)
    {
        var command = new Command("usage", "Prove that ledger, usage records and sums agree to the last nano-dollar. Fails if they do not.");
        AddTo(command, admin);
        return command;
    }

    /// <summary>Lets the command do it.</summary>
    public static void AddTo(Command command, AdminOptions admin)
    {
        var json = KeysCommand.JsonOption();
        command.Add(json);
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result, UsageRerateCommand.AnswerWithin);
            var answer = await client.PostAsync(AdminCommand.AdminPath("/audit/usage"), cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.UsageAuditDocument, Print);
            var made = JsonSerializer.Deserialize(answer, AdminJson.Default.UsageAuditDocument)!;
            if (!made.Agree) throw new CliException($"The books do not agree. Differences: {made.Differences.Count}.");
        });
    }

    private static void Print(TextWriter output, UsageAuditDocument made)
    {
        output.WriteLine($"{made.Records} records, of which {made.Priced} were reckoned anew, and {made.Accounts} budgets and periods. Differences: {made.Differences.Count}.");
        if (made.Differences.Count > 0)
        {
            TextTable.Write(output, ["KIND", "SUBJECT", "EXPECTED", "FOUND", "MEANING"], made.Differences.Select(d => new[] { d.Kind, d.Subject, d.Expected, d.Found, d.Meaning }));
        }

        if (made.Notes.Count > 0) TextTable.Write(output, ["NOTE", "SUBJECT", "TEXT"], made.Notes.Select(n => new[] { n.Kind, n.Subject, n.Text }));
    }
}
