using System.Text.Json;
using OrleansGateway.Cli;
using OrleansGateway.Prices;
using OrleansGateway.Tests.Admin;
using OrleansGateway.Tests.Usage;

namespace OrleansGateway.Tests.Cli;

/// <summary><c>gateway usage</c>, for people and for programs.</summary>
public sealed class UsageCommandTests : IAsyncLifetime
{
    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await AdminHost.StartAsync();
        var at = _host.Directory.Time.GetUtcNow().AddMinutes(-5);
        _host.Usage.Add(TestRecords.Usual(Guid.NewGuid()) with { At = at, Model = "large", Billed = 6_000_000_000, Cost = new CostParts { Input = 3_000_000_000 }, PromptHash = 1 });
        _host.Usage.Add(TestRecords.Usual(Guid.NewGuid()) with { At = at, Model = "small", Billed = 2_000_000_000, Cost = new CostParts { Input = 1_000_000_000 }, PromptHash = 2 });
        _host.Usage.Add(TestRecords.Usual(Guid.NewGuid()) with { At = at.AddDays(-2), Model = "small", Billed = 1_000_000_000, Cost = new CostParts { Input = 500_000_000 }, Team = null, PromptHash = 2 });
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task Top_ByModel_HasTheDearestFirstAndTheTotalLast()
    {
        var lines = (await GoodAsync("top")).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Matches("^MODEL +REQUESTS +FAILED +INPUT +CACHED +OUTPUT +BILLED USD +COST USD +SHARE", lines[0]);
        Assert.Matches("^large +1 +0 +1500 +300 +480 +6 +3 +75.0 %$", lines[1]);
        Assert.Matches("^small +1 +0 .* 2 +1 +25.0 %$", lines[2]);
        Assert.Matches("^total +2 +0 .* 8 +4 +100.0 %$", lines[3]);
        Assert.Matches("^- +1 ", (await GoodAsync("top", "--by", "team", "--since", "7d", "--team", "(none)")).Split('\n')[1]);
        Assert.StartsWith("Nothing was used", await GoodAsync("top", "--model", "none"), StringComparison.Ordinal);
        Assert.StartsWith("""{"from":""", await GoodAsync("top", "--json"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Report_ByDay_HasALineADayAndWhatItIsFor()
    {
        var lines = (await GoodAsync("report", "--since", "7d", "--by", "model", "--tenant", "acme")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^AT +MODEL +REQUESTS", lines[0]);
        Assert.Equal(1 + 3 + 1, lines.Length);
        Assert.Matches(@"^\d{4}-\d\d-\d\d 00:00 +small .* 1 +0.5 +11.1 %", lines[1]);
        var (exit, error) = await BadAsync("report", "--by", "colour");
        Assert.Equal(1, exit);
        Assert.Contains("by: 'colour' is none of", error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Export_ToTheOutputAndToAFile_IsTheSame()
    {
        var csv = await GoodAsync("export", "--since", "7d");
        Assert.StartsWith("id,at,kind,", csv, StringComparison.Ordinal);
        Assert.Equal(4, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        var file = _host.Folder.File("usage.csv");
        Assert.Equal("", await GoodAsync("export", "--since", "7d", "--output", file));
        Assert.Equal(csv, await File.ReadAllTextAsync(file, Cancel));
        Assert.False(File.Exists(file + ".part"));
        var report = await GoodAsync("export", "--format", "jsonl", "--by", "model", "--since", "7d");
        Assert.Equal(["large", "small"], report.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l).GetProperty("values").GetProperty("model").GetString()));
        Assert.Equal(1, (await BadAsync("export", "--output", _host.Folder.File("none/usage.csv"))).Exit);
    }

    [Fact(Timeout = 60_000)]
    public async Task Tail_UntilItIsStopped_PrintsALineForEachRecordAndNothingThatSteersATerminal()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var buffer = new StringWriter();
        var output = TextWriter.Synchronized(buffer);
        var parsed = GatewayCommandLine.Create().Parse(["usage", "tail", "--model", "large", .. Reach]);
        var running = Task.Run(() => parsed.InvokeAsync(new() { Output = output, Error = TextWriter.Null }, stop.Token), Cancel);
        var record = TestRecords.Usual(Guid.NewGuid()) with { Model = "large", Billed = 1_278_000, User = "eve\u001b[2J" };
        // The tail may open only after the first was published.
        while (!Printed().Contains('\n', StringComparison.Ordinal))
        {
            Cancel.ThrowIfCancellationRequested();
            _host.Tail.Publish(record with { Model = "other" });
            _host.Tail.Publish(record);
            await Task.Yield();
        }

        await stop.CancelAsync();
        Assert.Equal(0, await running);
        var line = Printed().Split('\n')[0];
        Assert.Contains(" 200 completed acme/research/eve?[2J key_01J9Z3 large > gpt-4.1-mini@openai 1500+480 tokens 0.001278 USD 2150 ms", line, StringComparison.Ordinal);
        Assert.DoesNotContain("other", Printed(), StringComparison.Ordinal);

        // The synchronized writer locks itself, and gives no text.
        string Printed()
        {
            lock (output) return buffer.ToString();
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Insights_AsATable_NameTheSavingAndWhatWasLookedAt()
    {
        var text = await GoodAsync("insights");
        Assert.Matches("repeated_prompts +acme +small +0?.?5|repeated_prompts +acme +small +1 ", text);
        Assert.Contains("Looked at 3 records", text, StringComparison.Ordinal);
    }

    private string[] Reach => ["--admin", _host.Address.ToString(), "--token-file", TokenFile];

    private string TokenFile
    {
        get
        {
            var file = _host.Folder.File("token");
            File.WriteAllText(file, _host.Token.Fresh!.Reveal());
            return file;
        }
    }

    private async Task<string> GoodAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exit = await GatewayCommandLine.Create().Parse(["usage", .. arguments, .. Reach]).InvokeAsync(new() { Output = output, Error = error }, Cancel);
        Assert.True(exit == 0, error.ToString());
        return output.ToString();
    }

    private async Task<(int Exit, string Error)> BadAsync(params string[] arguments)
    {
        var error = new StringWriter();
        var exit = await GatewayCommandLine.Create().Parse(["usage", .. arguments, .. Reach]).InvokeAsync(new() { Output = TextWriter.Null, Error = error }, Cancel);
        return (exit, error.ToString());
    }
}
