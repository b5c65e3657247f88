using System.Buffers;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OrleansGateway.Leases;
using OrleansGateway.Prices;
using OrleansGateway.Tests.Usage;
using OrleansGateway.Usage;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.Tests.Admin;

/// <summary>Exports: whole, of any length, and harmless to whoever opens them.</summary>
public sealed class UsageExportTests
{
    private const int Many = 100_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData("csv", Many + 1)]
    [InlineData("jsonl", Many)]
    public async Task Records_OfAnyNumber_AreReadNoFasterThanTheyAreTaken(string format, int lines)
    {
        var endless = new ManyRecords();
        await using var host = await AdminHost.StartAsync(reports: endless);
        using var client = new HttpClient { BaseAddress = host.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Token.Fresh!.Reveal());
        using var response = await client.GetAsync($"/admin/v1/usage/records?format={format}", HttpCompletionOption.ResponseHeadersRead, Cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancel);
        var (seen, piece, ahead) = (0, new byte[8 << 10], 0);
        for (int read; (read = await stream.ReadAsync(piece, Cancel)) > 0;)
        {
            seen += piece.AsSpan(0, read).Count((byte)'\n');
            ahead = Math.Max(ahead, endless.Given - seen);
        }

        Assert.Equal((lines, Many), (seen, endless.Given));
        // What lies in the buffers of sockets is some megabytes; all of them are a hundred.
        Assert.True(ahead < Many / 2, $"{ahead} records were ahead of their reader");
    }

    [Fact(Timeout = 60_000)]
    public async Task Records_WithALimit_AreNotReadBeyondIt()
    {
        var endless = new ManyRecords();
        await using var host = await AdminHost.StartAsync(reports: endless);
        var (_, body) = await host.CallAsync("GET", "/admin/v1/usage/records?format=jsonl&limit=5");
        Assert.Equal((5, 5), (body.Count(c => c == '\n'), endless.Given));
    }

    [Fact(Timeout = 60_000)]
    public async Task Records_WhoseStoreBreaksOnTheWay_AreCutAndNotEnded()
    {
        await using var host = await AdminHost.StartAsync(reports: new ManyRecords { BreaksAt = 10_000 });
        using var client = new HttpClient { BaseAddress = host.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Token.Fresh!.Reveal());
        using var response = await client.GetAsync("/admin/v1/usage/records?format=csv", HttpCompletionOption.ResponseHeadersRead, Cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancel);
        await Assert.ThrowsAsync<HttpIOException>(() => stream.CopyToAsync(Stream.Null, Cancel));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("text/csv", "text/csv")]
    [InlineData("application/jsonl", "application/jsonl")]
    [InlineData("application/x-ndjson", "application/jsonl")]
    [InlineData("application/json", "application/json")]
    [InlineData("*/*", "application/json")]
    public async Task Usage_AskedForByAccept_HasThatForm(string accept, string mediaType)
    {
        await using var host = await AdminHost.StartAsync();
        foreach (var path in (string[])["/admin/v1/usage", "/admin/v1/usage/records"])
        {
            var (response, _) = await host.CallAsync("GET", path, null, null, ("Accept", accept));
            Assert.Equal(mediaType, response.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Report_AsCsv_HasAllPagesAndAColumnForEachThingAskedFor()
    {
        await using var host = await AdminHost.StartAsync();
        var now = host.Directory.Time.GetUtcNow();
        for (var i = 0; i < 10_050; i++)
            host.Usage.Add(TestRecords.Usual(Guid.NewGuid()) with { At = now.AddMinutes(-1), User = $"u{i:00000}", Cost = new CostParts { Input = 1_500_000_000 } });
        var (_, csv) = await host.CallAsync("GET", "/admin/v1/usage?by=tenant,user&step=day&format=csv");
        var lines = csv.Split("\r\n");
        Assert.Equal("", lines[^1]);
        Assert.Equal(10_050 + 2, lines.Length);
        Assert.StartsWith("at,tenant,user,requests,attempts,failed,input_tokens,", lines[0], StringComparison.Ordinal);
        Assert.All(lines[1..^1], line => Assert.Equal(lines[0].Count(c => c == ','), line.Count(c => c == ',')));
        Assert.Equal(10_050, lines[1..^1].Select(l => l.Split(',')[2]).Distinct().Count());
        Assert.Equal("1.5", lines[1].Split(',')[Array.IndexOf(lines[0].Split(','), "cost_usd")]);
        var (_, limited) = await host.CallAsync("GET", "/admin/v1/usage?by=user&format=jsonl&limit=3");
        Assert.Equal(3, limited.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l).GetProperty("values").GetProperty("user").GetString()).Distinct().Count());
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("=\"a\nb\"", "\"'=\"\"a\nb\"\"\"")]
    [InlineData("a=b", "a=b")]
    public void Cell_ThatCouldBeAFormula_IsMadeText(string text, string cell)
    {
        var output = new ArrayBufferWriter<byte>();
        var line = new CsvLine(output);
        line.Value(-5L);
        line.Text(text);
        line.Text(null);
        line.End();
        Assert.Equal($"-5,{cell},\r\n", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Record_AsCsv_EndsWithWhatTheCacheHasSaved()
    {
        var output = new ArrayBufferWriter<byte>();
        UsageCsv.Write(output, TestRecords.Usual(Guid.NewGuid()) with { SavedTokens = 12, Saved = 23_000 }, toTenant: true);
        Assert.EndsWith(",saved_tokens,saved_usd,saved_nano_usd\r\n", Encoding.UTF8.GetString(UsageCsv.RecordTitles), StringComparison.Ordinal);
        Assert.EndsWith(",12,0.000023,23000\r\n", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Record_AsCsv_HasAsManyCellsAsTitlesWhateverIsInIt(int seed)
    {
        var random = new Random(seed);
        var titles = Encoding.UTF8.GetString(UsageCsv.RecordTitles).Count(c => c == ',');
        for (var i = 0; i < 300; i++)
        {
            var output = new ArrayBufferWriter<byte>();
            UsageCsv.Write(output, TestRecords.Any(random), toTenant: i % 2 == 0);
            var text = Encoding.UTF8.GetString(output.WrittenSpan);
            Assert.Equal(titles, Outside(text).Count(c => c == ','));
        }
    }

    // What is not between quotes.
    private static string Outside(string line) => string.Concat(line.Split('"').Where((_, i) => i % 2 == 0));

    private sealed class ManyRecords : IUsageReports
    {
        private int _given;

        public int Given => Volatile.Read(ref _given);

        public int BreaksAt { get; init; } = int.MaxValue;

        public async IAsyncEnumerable<UsageRecord> ReadAsync(UsageRecordQuery query, [EnumeratorCancellation] CancellationToken cancellation)
        {
            var usual = TestRecords.Usual(Guid.NewGuid());
            for (var i = 0; i < Many; i++)
            {
                if (i == BreaksAt) throw new UsageStoreException("The disk is gone.");
                if (i % 500 == 0) await Task.Yield();
                Interlocked.Increment(ref _given);
                yield return usual with { Attempt = i };
            }
        }

        public ValueTask<UsageReport> ReportAsync(UsageQuery query, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<UsageCharge>> SumChargesAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<RollupDifference>> CompareRollupsAsync(int most, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
