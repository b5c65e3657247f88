using System.CommandLine;
using System.Text.Json;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway audit</c>: proves that what was used, billed and spent is one; shows the log of changes, and proves that too.</summary>
internal static class AuditCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var audit = new Command("audit", "Prove that ledger, usage records and sums agree; show and verify the log of all changes.") { UsageAuditCommand.Create(admin), List(admin), Verify(admin) };
        UsageAuditCommand.AddTo(audit, admin);
        admin.AddTo(audit);
        return audit;
    }

    private static Command List(AdminOptions admin)
    {
        var options = ((string[])["actor", "action", "target", "tenant", "since", "until", "limit"])
            .ToDictionary(n => n, n => new Option<string?>($"--{n}") { Description = DescriptionOf(n) });
        return AdminCommand.Reading(
            "list", "List changes, newest first.", admin,
            result => "/audit?" + string.Concat(options.Select(o => AdminCommand.Filter(o.Key, result.GetValue(o.Value)))).TrimStart('&'),
            AdminJson.Default.AuditListDocument, Print, [.. options.Values]);
    }

    private static string DescriptionOf(string filter) => filter switch
    {
        "action" => "Only this action, such as key.rotate, or all that begin with it, such as 'key.'.",
        "since" => "Only from this instant on, such as 2030-01-31T00:00:00Z.",
        "until" => "Only before this instant.",
        "limit" => "How many at most, 1 to 1000; 100 unless told.",
        _ => $"Only of this {filter}.",
    };

    private static Command Verify(AdminOptions admin)
    {
        var head = new Option<string?>("--head") { Description = "A head noted before, as SEQUENCE:HASH: that record must still be there as it was." };
        var json = KeysCommand.JsonOption();
        var command = new Command("verify", "Prove that no record was changed, dropped or moved. Fails if one was.") { head, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var noted = result.GetValue(head)?.Split(':') ?? [];
            if (noted.Length is not (0 or 2)) throw new CliException("--head must be SEQUENCE:HASH, as 'audit verify' prints it.");
            var query = noted.Length == 0 ? "" : "?" + (AdminCommand.Filter("sequence", noted[0]) + AdminCommand.Filter("hash", noted[1])).TrimStart('&');
            var answer = await client.GetAsync(AdminCommand.AdminPath("/audit/verify") + query, cancellation);
            var verdict = JsonSerializer.Deserialize(answer, AdminJson.Default.AuditVerdictDocument)!;
            AdminCommand.Print(result, result.GetValue(json), answer, AdminJson.Default.AuditVerdictDocument, static (output, v) =>
            {
                if (v.Valid) output.WriteLine($"{v.Records} records, all as they were written. Head {v.Records}:{v.Head}");
            });
            if (!verdict.Valid) throw new CliException($"The audit log is not as it was written. {verdict.Fault}");
        });
        return command;
    }

    private static void Print(TextWriter output, AuditListDocument list)
    {
        if (list.Records.Count == 0) output.WriteLine("No changes.");
        else TextTable.Write(output, ["#", "AT", "ACTOR", "FROM", "ACTION", "TARGET", "TENANT"], list.Records.Select(r => new[]
        {
            r.Sequence.ToString(CultureInfo.InvariantCulture), KeyPrinter.At(r.At), r.Actor, r.Address ?? "-", r.Action, r.Target, r.Tenant ?? "-",
        }));
    }
}
