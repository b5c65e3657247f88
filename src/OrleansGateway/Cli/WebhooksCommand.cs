using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary><c>gateway webhooks</c>: shows how webhooks stand; sends again, and tries them.</summary>
internal static class WebhooksCommand
{
    public static Command Create(Func<string, string?> environment)
    {
        var admin = new AdminOptions(environment);
        var command = new Command("webhooks", "Show webhooks; send events again, and try them.")
        {
            AdminCommand.Reading("list", "Webhooks and how they stand.", admin, static _ => "/webhooks", AdminJson.Default.WebhookListDocument, Print),
            Deliveries(admin),
            DeadLetters(admin),
            Resend(admin),
            Replay(admin),
            Act(admin, "test", "Send an event of the type webhook.test now. Fails if it is not received.", static _ => "", AdminJson.Default.DeliveryDocument, PrintTest),
            Act(admin, "enable", "Send events again to a receiver that had said it was gone.", static _ => "", AdminJson.Default.WebhookDocument,
                static (output, one) => Print(output, new WebhookListDocument([one]))),
        };
        admin.AddTo(command);
        return command;
    }

    private static Argument<string> Webhook() => new("webhook") { Description = "Id of the webhook." };

    private static Command Deliveries(AdminOptions admin)
    {
        var webhook = Webhook();
        var command = AdminCommand.Reading(
            "deliveries", "The last attempts since the start, newest first.", admin, result => PathOf(result, webhook, "deliveries"), AdminJson.Default.DeliveryListDocument,
            static (output, list) => TextTable.Write(output, ["AT", "EVENT", "TYPE", "TENANT", "#", "ATTEMPT", "STATUS", "PROBLEM"], list.Deliveries.Select(d => new[]
            {
                KeyPrinter.At(d.At), d.Event, d.Type, d.Tenant ?? "-", Number(d.Sequence), d.Attempt == 0 ? "by hand" : Number(d.Attempt),
                d.Status is { } status ? Number(status) : "-", d.Problem ?? "-",
            })));
        command.Add(webhook);
        return command;
    }

    private static Command DeadLetters(AdminOptions admin)
    {
        var webhook = Webhook();
        var (limit, cursor) = (new Option<string?>("--limit") { Description = "How many at most, 1 to 1000; 100 unless told." }, new Option<string?>("--cursor") { Description = "Where the page before ended." });
        var command = AdminCommand.Reading(
            "dead-letters", "Events that the receiver did not take, oldest first.", admin,
            result => PathOf(result, webhook, "dead-letters") + "?" + (AdminCommand.Filter("limit", result.GetValue(limit)) + AdminCommand.Filter("cursor", result.GetValue(cursor))).TrimStart('&'),
            AdminJson.Default.DeadLetterListDocument, PrintLetters, limit, cursor);
        command.Add(webhook);
        return command;
    }

    private static Command Resend(AdminOptions admin)
    {
        var one = new Option<string?>("--dead-letter") { Description = "Only the one with this number. Default: the oldest hundred, until one is not taken." };
        return Act(admin, "resend", "Send dead letters now. Fails if one is not received.", result => AdminCommand.Filter("dead_letter", result.GetValue(one)), AdminJson.Default.ResentDocument,
            static (output, resent) =>
            {
                output.WriteLine($"Received: {resent.Received}.");
                if (resent.Problem is { } problem) throw new CliException($"Then one was not received: {problem}.");
            }, one);
    }

    private static Command Replay(AdminOptions admin)
    {
        var tenant = new Option<string?>("--tenant") { Description = "Whose events. Default: the gateway's own." };
        var from = new Option<string>("--from") { Description = "Sequence of the first event.", Required = true };
        return Act(admin, "replay", "Send events again from a sequence on.",
            result => AdminCommand.Filter("tenant", result.GetValue(tenant)) + AdminCommand.Filter("from", result.GetRequiredValue(from)), AdminJson.Default.ReplayDocument,
            static (output, replay) => output.WriteLine($"Sends {replay.Events} events of {replay.Tenant ?? "the gateway"} again, from {replay.From} on, as far as the webhook asks for them."), tenant, from);
    }

    private static Command Act<T>(
        AdminOptions admin, string name, string description, Func<ParseResult, string> query, JsonTypeInfo<T> type, Action<TextWriter, T> print, params Option[] options)
    {
        var (webhook, json) = (Webhook(), KeysCommand.JsonOption());
        var command = new Command(name, description) { webhook, json };
        foreach (var option in options) command.Add(option);
        command.Run(async (result, cancellation) =>
        {
            using var client = admin.Client(result);
            var answer = await client.PostAsync(AdminCommand.AdminPath(PathOf(result, webhook, name)) + "?" + query(result).TrimStart('&'), cancellation);
            AdminCommand.Print(result, result.GetValue(json), answer, type, print);
        });
        return command;
    }

    private static string PathOf(ParseResult result, Argument<string> webhook, string what) => $"/webhooks/{Uri.EscapeDataString(result.GetRequiredValue(webhook))}/{what}";

    private static void Print(TextWriter output, WebhookListDocument list)
    {
        if (list.Webhooks.Count == 0) output.WriteLine("No webhooks.");
        else TextTable.Write(output, ["ID", "URL", "EVENTS", "TENANT", "STATE", "PENDING", "DEAD", "BLOCKED"], list.Webhooks.Select(w => new[]
        {
            w.Id, w.Url, string.Join(' ', w.Events), w.Tenant ?? "-", w.State, Number(w.Pending), Number(w.DeadLetters),
            w.Blocked.Count == 0 ? "-" : string.Join("; ", w.Blocked.Take(3).Select(b => $"{b.Tenant ?? "gateway"} {b.Attempts}x: {b.Problem}")),
        }));
    }

    private static void PrintLetters(TextWriter output, DeadLetterListDocument list)
    {
        if (list.DeadLetters.Count == 0) output.WriteLine("No dead letters.");
        else TextTable.Write(output, ["NUMBER", "EVENT", "TYPE", "TENANT", "#", "GIVEN UP", "ATTEMPTS", "PROBLEM"], list.DeadLetters.Select(d => new[]
        {
            Number(d.Number), d.Event.Id, d.Event.Type, d.Event.Tenant ?? "-", Number(d.Event.Sequence), KeyPrinter.At(d.GivenUpAt), Number(d.Attempts), d.Problem,
        }));
        if (list.NextCursor is { } cursor) output.WriteLine($"There are more: --cursor {cursor}");
    }

    private static void PrintTest(TextWriter output, DeliveryDocument delivery)
    {
        if (!delivery.Received) throw new CliException($"It was not received: {delivery.Problem}.");
        output.WriteLine($"Received, with status {delivery.Status}.");
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
