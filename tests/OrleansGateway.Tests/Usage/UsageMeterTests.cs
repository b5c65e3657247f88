using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Http;
using OrleansGateway.Tests.Budgets;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

/// <summary>What is written down of each attempt, through a whole gateway before a provider that bills by its own count.</summary>
public sealed class UsageMeterTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData("o", "")]
    [InlineData("o", ""","stream":true""")]
    [InlineData("a", "")]
    [InlineData("a", ""","stream":true""")]
    public async Task Call_ThatIsAnswered_IsWrittenDownAsItsProviderBillsIt(string model, string more)
    {
        var book = new UsageBook();
        await using var bed = await LimitBed.StartAsync("", usage: book);
        using var answer = await (model == "a" ? bed.MessageAsync(model, more + ",\"max_tokens\":9") : bed.ChatAsync(model, more + ",\"max_tokens\":9"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await LimitBed.TextAsync(answer);
        var record = Assert.Single(await book.WaitAsync(1, Cancel));
        Assert.Equal((TokenMill.InputTokens, 9L), (record.Tokens.Input, record.Tokens.Output));
        Assert.Equal((UsageSource.Provider, bed.Mill.Bill, CallOutcome.Completed), (record.Source, record.Cost.Total, record.Outcome));
        Assert.Equal(("acme", "test", "default", model, model, 1, true), (record.Tenant, record.Key, record.Route, record.Model, record.Provider, record.Attempt, record.IsLast));
        Assert.Equal((200, more.Length > 0, "chat"), (record.Status, record.IsStream, record.Operation));
        Assert.Equal(answer.Headers.GetValues("x-request-id").Single(), record.RequestId);
        Assert.NotNull(record.ToFirstByte);
        Assert.NotNull(record.FinishReason);
        Assert.NotNull(record.PriceVersion);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_ThatASecondTargetServes_IsTwoRecordsOfWhichOneIsTheLast()
    {
        var book = new UsageBook();
        await using var bed = await LimitBed.StartAsync("", usage: book);
        using var answer = await bed.ChatAsync("nowhere-then-o", ",\"max_tokens\":3");
        var records = await book.WaitAsync(2, Cancel);
        Assert.Equal([("nowhere", 1, false, 0L, UsageSource.None), ("o", 2, true, bed.Mill.Bill, UsageSource.Provider)],
            records.Select(r => (r.Provider, r.Attempt, r.IsLast, r.Cost.Total, r.Source)));
        Assert.Single(records.Select(r => r.RequestId).Distinct());
        Assert.Equal(2, records.Select(r => r.Id).Distinct().Count());
        Assert.NotNull(records[0].Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Calls_OneAfterTheOther_TellTheTimeOfTheConnectionThatTheFirstOpened()
    {
        var book = new UsageBook();
        await using var bed = await LimitBed.StartAsync("", usage: book);
        for (var i = 1; i <= 2; i++)
        {
            using var answer = await bed.ChatAsync("o", ",\"max_tokens\":1");
            await LimitBed.TextAsync(answer);
            await book.WaitAsync(i, Cancel);
        }

        Assert.InRange(book.Records[0].Connected, TimeSpan.FromTicks(1), book.Records[0].ToFirstByte!.Value);
        Assert.Equal(TimeSpan.Zero, book.Records[1].Connected);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_ThatIsRefused_CostsNothingAndSaysWhy()
    {
        var book = new UsageBook();
        await using var bed = await LimitBed.StartAsync("budgets: {b: {per: [tenant], limit: 0.000000001, period: lifetime}}\n", usage: book);
        using var answer = await bed.ChatAsync("o", ",\"max_tokens\":3");
        var record = Assert.Single(await book.WaitAsync(1, Cancel));
        Assert.Equal(((int)answer.StatusCode, 0, 0L, UsageSource.None), (record.Status, record.Attempt, record.Cost.Total, record.Source));
        Assert.NotNull(record.Error);
        Assert.Empty(record.Charges);
        Assert.Equal(0, bed.Mill.Requests);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_OfAnUnknownModel_IsWrittenDownWithoutOne()
    {
        var book = new UsageBook();
        await using var bed = await LimitBed.StartAsync("", usage: book);
        using var answer = await bed.ChatAsync("no-such-model");
        var record = Assert.Single(await book.WaitAsync(1, Cancel));
        Assert.Equal((404, null, "acme", false), (record.Status, record.Model, record.Tenant, record.Error is null));
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_UnderBudgets_IsChargedToEachWhatItCost()
    {
        var book = new UsageBook();
        await using var bed = await LimitBed.StartAsync("budgets: {one: {per: [tenant], limit: 1, period: lifetime}, two: {per: [key], limit: 1, period: day}}\n", usage: book);
        using var answer = await bed.ChatAsync("o", ",\"max_tokens\":7");
        await LimitBed.TextAsync(answer);
        var record = Assert.Single(await book.WaitAsync(1, Cancel));
        Assert.Equal(["budgets.one", "budgets.two"], record.Charges.Select(c => c.Account.Rule).Order());
        Assert.All(record.Charges, charge => Assert.Equal(bed.Mill.Bill, charge.Amount));
        Assert.NotEqual(0, record.Charges.Single(c => c.Account.Rule == "budgets.two").Period);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_WhoseProviderDoesNotCount_IsCountedHere()
    {
        var book = new UsageBook();
        await using var bed = await LimitBed.StartAsync("", usage: book);
        bed.Mill.TellsUsage = false;
        using var answer = await bed.ChatAsync("gpt-4o", ",\"max_tokens\":4,\"stream\":true");
        await LimitBed.TextAsync(answer);
        var record = Assert.Single(await book.WaitAsync(1, Cancel));
        // "word word word word " is five tokens; "Hi" of a user is 3 + 3 + 1 + 1.
        Assert.Equal((UsageSource.Counted, 8L, 5L, (8 * 1 + 5 * 10) * 1_000L), (record.Source, record.Tokens.Input, record.Tokens.Output, record.Cost.Total));
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_ThatCannotBeBilled_IsChargedAllThatWasHeldAndItsRecordSaysSo()
    {
        var book = new UsageBook();
        var counter = new TokenCounter(static _ => throw new IOException("no encodings here"));
        await using var bed = await LimitBed.StartAsync("budgets: {one: {per: [tenant], limit: 1, period: lifetime}}\n", usage: book, replace: services => services.AddSingleton(counter));
        bed.Mill.TellsUsage = false;
        using var answer = await bed.ChatAsync("o", ",\"max_tokens\":4");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await LimitBed.TextAsync(answer);
        var record = Assert.Single(await book.WaitAsync(1, Cancel));
        Assert.Equal((UsageSource.Bound, UsageMeter.NotBilled, 4L), (record.Source, record.Error, record.Tokens.Output));
        // Four tokens of output, and what a token of input is for each byte at most.
        Assert.Equal((record.Tokens.Input + 4 * 10) * 1_000, record.Billed);
        Assert.Equal((record.Billed, record.Billed), (record.Cost.Total, Assert.Single(record.Charges).Amount));
        await IsUsedAsync(bed, record.Billed);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_WhoseRecordCannotBeWritten_IsChargedAllTheSame()
    {
        await using var bed = await LimitBed.StartAsync("budgets: {one: {per: [tenant], limit: 1, period: lifetime}}\n", usage: new BrokenLog());
        using var answer = await bed.ChatAsync("o", ",\"max_tokens\":4");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await LimitBed.TextAsync(answer);
        await IsUsedAsync(bed, bed.Mill.Bill);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("cancel", "Bound", "drain")]
    [InlineData("seen", "Estimated", "cancel")]
    [InlineData("drain", "Provider", "cancel")]
    [InlineData("", "Bound", "")]
    [InlineData("", "Estimated", "seen")]
    [InlineData("", "Provider", "drain")]
    public async Task Call_WhoseClientGoesAway_IsBilledAsItsTenantSaysOrElseAsAllAre(string ofTenant, string source, string ofAll)
    {
        var (book, pace) = (new UsageBook(), new TaskCompletionSource());
        var rules = ofAll.Length > 0 ? $"usage: {{on_disconnect: {ofAll}}}\n" : "";
        var policy = (ofTenant + ofAll) is "" ? "cancel" : ofTenant.Length > 0 ? ofTenant : ofAll;
        await using var bed = await LimitBed.StartAsync(rules, usage: book, callers: LimitBed.CallersWith(tenant: ofTenant.Length > 0 ? $"on_disconnect: {ofTenant}" : ""));
        bed.Mill.Pace = i => i == 2 ? pace.Task : Task.CompletedTask;
        using (var answer = await bed.ChatAsync("o", ",\"max_tokens\":20,\"stream\":true"))
        {
            var body = await answer.Content.ReadAsStreamAsync(Cancel);
            await body.ReadExactlyAsync(new byte[10], Cancel);
        }

        if (policy == "drain")
        {
            Assert.Empty(book.Records);
            pace.SetResult();
        }

        var record = Assert.Single(await book.WaitAsync(1, Cancel));
        Assert.Equal(source, record.Source.ToString());
        // The rest of the answer may overtake the word that the client has gone.
        if (policy != "drain") Assert.Equal(CallOutcome.ClientAborted, record.Outcome);
        if (policy == "drain") Assert.Equal((20L, bed.Mill.Bill), (record.Tokens.Output, record.Cost.Total));
        if (policy == "cancel") Assert.True(record.Cost.Total >= bed.Mill.Bill, $"{record.Cost.Total} {bed.Mill.Bill}");
        if (policy == "seen") Assert.InRange(record.Tokens.Output, 1, 4);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_WithLabelsOfItsCaller_CarriesThemAndNoneThatPassesForTheKeys()
    {
        var book = new UsageBook();
        await using var bed = await LimitBed.StartAsync("", usage: book, callers: LimitBed.CallersWith(key: "metadata: {plan: gold}"));
        bed.Gateway.Client.DefaultRequestHeaders.Add(CallLabels.TagsHeader, "batch, night ,batch");
        bed.Gateway.Client.DefaultRequestHeaders.Add(CallLabels.MetadataHeader, """{"job":"7","plan":"free"}""");
        using var answer = await bed.ChatAsync("o", ""","max_tokens":1,"metadata":{"trace":"t1","n":3}""");
        var record = Assert.Single(await book.WaitAsync(1, Cancel));
        Assert.Equal(["batch", "night"], record.Tags);
        Assert.Equal([("job", "7"), ("plan", "gold"), ("trace", "t1")], record.Metadata.Select(m => (m.Key, m.Value)).Order());
    }

    [Theory(Timeout = 60_000)]
    [InlineData(CallLabels.MetadataHeader, "[1]", "invalid_metadata")]
    [InlineData(CallLabels.MetadataHeader, """{"a":1}""", "invalid_metadata")]
    [InlineData(CallLabels.MetadataHeader, "{", "invalid_metadata")]
    [InlineData(CallLabels.TagsHeader, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "invalid_tags")]
    public async Task Call_WithLabelsThatAreNone_IsRefused(string header, string value, string code)
    {
        var book = new UsageBook();
        await using var bed = await LimitBed.StartAsync("", usage: book);
        bed.Gateway.Client.DefaultRequestHeaders.Add(header, value);
        using var answer = await bed.ChatAsync("o");
        Assert.Equal((HttpStatusCode.BadRequest, code), (answer.StatusCode, (await LimitBed.ErrorAsync(answer)).Code));
        Assert.Equal(0, bed.Mill.Requests);
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_WhoseUsageCannotBeWrittenDown_IsRefusedBeforeItIsSent()
    {
        var book = new UsageBook { HasRoom = false };
        await using var bed = await LimitBed.StartAsync("", usage: book);
        using var answer = await bed.ChatAsync("o");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "usage_unavailable"), (answer.StatusCode, (await LimitBed.ErrorAsync(answer)).Code));
        Assert.Equal(0, bed.Mill.Requests);
    }

    /// <summary>Waits until the owner has heard that so much of the only budget is used: what is merely held never counts as that.</summary>
    private static async Task IsUsedAsync(LimitBed bed, long amount)
    {
        while ((await bed.LevelsAsync()).Values.Single().Used is var used && used != amount)
        {
            Assert.Equal(0, used);
            await Task.Yield();
        }
    }

    private sealed class BrokenLog : IUsageLog
    {
        public bool HasRoom => true;

        public bool TryAppend(ReadOnlySpan<UsageRecord> records) => throw new InvalidOperationException("broken");

        public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;
    }
}
