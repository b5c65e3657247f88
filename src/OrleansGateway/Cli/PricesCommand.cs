using System.CommandLine;
using System.Text.Json;
using OrleansGateway.Configuration;

namespace OrleansGateway.Cli;

/// <summary><c>gateway prices</c>: what the price book says. Needs no running gateway; what a configuration states instead is not looked at.</summary>
internal static class PricesCommand
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static Command Create(TimeProvider time) => new("prices", "Show the price book that is part of this program.") { Vendors(), List(time), Show() };

    private static Command Vendors()
    {
        var command = new Command("vendors", "List the vendors, the date of their prices and what those were compared with.");
        command.SetAction(parsed => TextTable.Write(parsed.InvocationConfiguration.Output, ["VENDOR", "VERSION", "MODELS", "SOURCE"], PriceBook.Shipped.Vendors
            .Select(v => PriceBook.Shipped.Find(v)!.Settings)
            .Select(v => new[] { v.Vendor, v.Version, v.Models.Count.ToString(CultureInfo.InvariantCulture), v.Sources.Count > 0 ? v.Sources[0] : "" })));
        return command;
    }

    private static Command List(TimeProvider time)
    {
        var vendor = new Option<string?>("--vendor") { Description = "Only this vendor's. Default: all." };
        var json = KeysCommand.JsonOption();
        var command = new Command("list", "List models and what they cost now, in USD per million tokens.") { vendor, json };
        command.SetAction(parsed =>
        {
            var now = time.GetUtcNow();
            var rows = PriceBook.Shipped.Vendors.Where(v => parsed.GetValue(vendor) is not { } only || only == v)
                .SelectMany(v => PriceBook.Shipped.Find(v)!.All.Select(m => new Row(v, m.Model, DateTimeOffset.MinValue, m.Prices.At(now))));
            Print(parsed, json, rows);
        });
        return command;
    }

    private static Command Show()
    {
        var model = new Argument<string>("MODEL") { Description = "A model's name, as vendors have it." };
        var json = KeysCommand.JsonOption();
        var command = new Command("show", "Show what a model costs at every vendor that has it, and has cost.") { model, json };
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(model);
            Row[] rows = [.. PriceBook.Shipped.Vendors
                .Select(v => (Vendor: v, Prices: PriceBook.Shipped.Find(v, name)))
                .SelectMany(f => f.Prices?.Prices.SelectMany(p => Levels(new Row(f.Vendor, name, p.From, p.Price))) ?? [])];
            if (rows.Length == 0) parsed.InvocationConfiguration.Error.WriteLine($"No vendor of the price book has a model {name}.");
            else Print(parsed, json, rows);
            return rows.Length == 0 ? 1 : 0;
        });
        return command;
    }

    // The price itself, what long contexts cost, and each service tier with its own.
    private static IEnumerable<Row> Levels(Row row) => Contexts(row).Concat(row.Price.ServiceTiers.OrderBy(t => t.Key, StringComparer.Ordinal)
        .SelectMany(t => Contexts(row with { Price = t.Value, Tier = t.Key })));

    private static IEnumerable<Row> Contexts(Row row) => row.Price.LongContext.Select(l => row with { Above = l.Above }).Prepend(row);

    private static void Print(ParseResult parsed, Option<bool> json, IEnumerable<Row> rows)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(json)) output.WriteLine(JsonOf(rows));
        else TextTable.Write(output, ["VENDOR", "MODEL", "FROM", "TIER", "ABOVE", "INPUT", "CACHED", "WRITE", "WRITE 1H", "OUTPUT"], rows.Select(r => new[]
        {
            r.Vendor, r.Model, r.Since, r.Tier, r.Above == 0 ? "" : r.Above.ToString(CultureInfo.InvariantCulture),
            Usd(r.Rates.Input), Usd(r.Rates.CacheRead), Usd(r.Rates.CacheWrite), Usd(r.Rates.CacheWrite1h), Usd(r.Rates.Output),
        }));
    }

    private static string JsonOf(IEnumerable<Row> rows)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteStartArray("prices");
            foreach (var row in rows) Write(row, json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Row row, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("vendor", row.Vendor);
        json.WriteString("model", row.Model);
        json.WriteString("version", row.Price.Version);
        if (row.Since.Length > 0) json.WriteString("from", row.Since);
        if (row.Tier.Length > 0) json.WriteString("service_tier", row.Tier);
        if (row.Above > 0) json.WriteNumber("above", row.Above);
        // As text: a number of JSON may lose decimals where it is read.
        foreach (var (name, rate) in Classes(row.Rates)) json.WriteString(name, Usd(rate));
        json.WriteString("request", Usd(row.Price.Request));
        json.WriteString("web_search", Usd(row.Price.WebSearch / 1_000));
        json.WriteEndObject();
    }

    private static (string Name, long Rate)[] Classes(PriceRates rates) =>
    [
        ("input", rates.Input), ("cached_input", rates.CacheRead), ("cache_write", rates.CacheWrite), ("cache_write_1h", rates.CacheWrite1h), ("output", rates.Output),
        ("reasoning", rates.Reasoning), ("audio_input", rates.AudioInput), ("cached_audio", rates.AudioCacheRead), ("audio_output", rates.AudioOutput),
        ("image_input", rates.ImageInput), ("cached_image", rates.ImageCacheRead), ("image_output", rates.ImageOutput),
    ];

    private static string Usd(long nanos) => ((decimal)nanos / Quantity.Nano).ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>A line: a price of a model, from an instant on, at a tier, above so many input tokens.</summary>
    private sealed record Row(string Vendor, string Model, DateTimeOffset From, Price Price, string Tier = "", long Above = 0)
    {
        public string Since => From == DateTimeOffset.MinValue ? "" : From.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        public PriceRates Rates => Above == 0 ? Price.Rates : Price.For(Above + 1);
    }
}
