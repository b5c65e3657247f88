using System.CommandLine;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway admins</c>: makes, lists, rotates and revokes the tokens of other admins.</summary>
internal static class AdminsCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var admins = new Command("admins", "Make, list, rotate and revoke admins.")
        {
            Make(admin),
            AdminCommand.Reading("list", "List admins, oldest first, revoked ones included.", admin, static _ => "/admins", AdminJson.Default.AdminListDocument, Print),
            Change(admin, "rotate", "Give an admin a new token; the one before is refused at once."),
            Change(admin, "revoke", "Refuse an admin from the next call on, for ever."),
        };
        admin.AddTo(admins);
        return admins;
    }

    private static Command Make(AdminOptions admin)
    {
        var role = new Option<string>("--role") { Description = "What the admin may do.", Required = true };
        role.AcceptOnlyFromAmong([.. Enum.GetValues<AdminRole>().Select(Permissions.NameOf)]);
        var tenant = new Option<string?>("--tenant") { Description = "The one organisation it may see. Needed for a tenant_admin, possible for a viewer." };
        var name = new Option<string?>("--name") { Description = "Name for people to read." };
        var json = KeysCommand.JsonOption();
        var command = new Command("create", "Make an admin. The token is shown once.") { role, tenant, name, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var request = new AdminRequest { Role = result.GetValue(role), Tenant = result.GetValue(tenant), Name = result.GetValue(name) };
            var answer = await client.PostAsync(AdminCommand.AdminPath("/admins"), request, AdminJson.Default.AdminRequest, cancellation);
            Issued(result, answer, result.GetValue(json));
        });
        return command;
    }

    private static Command Change(AdminOptions admin, string name, string description)
    {
        var id = new Argument<string>("id") { Description = "Id of the admin, as 'admins list' shows it." };
        var json = KeysCommand.JsonOption();
        var command = new Command(name, description) { id, json };
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var path = AdminCommand.AdminPath($"/admins/{Uri.EscapeDataString(result.GetRequiredValue(id))}/{name}");
            Issued(result, await client.PostAsync(path, cancellation), result.GetValue(json));
        });
        return command;
    }

    // The token stands on a line of its own, so that it can be copied or cut.
    private static void Issued(ParseResult result, string answer, bool json) => AdminCommand.Print(result, json, answer, AdminJson.Default.AdminDocument, (output, made) =>
    {
        if (made.Secret is null)
        {
            output.WriteLine($"Revoked {made.Id}.");
            return;
        }

        output.WriteLine(made.Secret);
        result.InvocationConfiguration.Error.WriteLine($"This is the token of admin {made.Id} ({RoleOf(made)}). Keep it now: it is not shown again.");
    });

    private static void Print(TextWriter output, AdminListDocument list)
    {
        if (list.Admins.Count == 0) output.WriteLine("No admins besides the holder of the first token.");
        else TextTable.Write(output, ["ID", "TOKEN", "STATUS", "ROLE", "NAME", "CREATED", "BY"], list.Admins.Select(a => new[]
        {
            a.Id, a.Display, a.Status, RoleOf(a), a.Name ?? "-", KeyPrinter.At(a.CreatedAt), a.CreatedBy,
        }));
    }

    private static string RoleOf(AdminDocument admin) => admin.Tenant is null ? admin.Role : $"{admin.Role} of {admin.Tenant}";
}
