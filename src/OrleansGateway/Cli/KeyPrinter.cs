using System.CommandLine;
using System.Text.Json;
using OrleansGateway.Admin;

namespace OrleansGateway.Cli;

/// <summary>Prints keys for people.</summary>
internal static class KeyPrinter
{
    /// <summary>The key just made. The text stands on a line of its own, so that it can be copied or cut.</summary>
    public static void Issued(InvocationConfiguration writers, string answer, bool json)
    {
        if (json)
        {
            writers.Output.WriteLine(answer);
            return;
        }

        var key = JsonSerializer.Deserialize(answer, AdminJson.Default.KeyDocument)!;
        writers.Output.WriteLine(key.Secret);
        writers.Error.WriteLine($"This is key {key.Id} of {OwnerOf(key)}. Keep it now: it is not shown again.");
        if (key.PreviousUntil is { } until) writers.Error.WriteLine($"The key before is accepted until {At(until)}.");
    }

    /// <summary>A table of keys.</summary>
    public static void Table(TextWriter output, IReadOnlyList<KeyDocument> keys)
    {
        if (keys.Count == 0)
        {
            output.WriteLine("No keys.");
            return;
        }

        TextTable.Write(output, ["ID", "KEY", "STATUS", "OWNER", "NAME", "MODELS", "CREATED", "EXPIRES"], keys.Select(key => new[]
        {
            key.Id, key.Display, key.Status, OwnerOf(key), key.Name ?? "-", string.Join(' ', key.Models), At(key.CreatedAt),
            key.ExpiresAt is { } expires ? At(expires) : "never",
        }));
    }

    private static string OwnerOf(KeyDocument key) => string.Join('/', new[] { key.Tenant, key.Team, key.User }.OfType<string>());

    /// <summary>An instant, in UTC, to the second.</summary>
    public static string At(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ssZ", CultureInfo.InvariantCulture);
}
