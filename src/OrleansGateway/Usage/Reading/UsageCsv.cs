using System.Buffers;
using System.Text;
using OrleansGateway.Http;
using OrleansGateway.Prices;

namespace OrleansGateway.Usage.Reading;

/// <summary>Reports and records as CSV. Columns are only ever added at the end.</summary>
internal static class UsageCsv
{
    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private const string Tokens = "input_tokens,cache_read_tokens,cache_write_tokens,cache_write_1h_tokens,output_tokens,reasoning_tokens,web_searches";

    private const string Costs = "billed_usd,billed_nano_usd,cost_usd,cost_nano_usd,input_nano_usd,cache_read_nano_usd,cache_write_nano_usd,output_nano_usd,reasoning_nano_usd,audio_nano_usd,image_nano_usd,tools_nano_usd,"
        + "request_nano_usd";

    private const string Record = "id,at,kind,corrects,request_id,attempt,is_last,tenant,team,user,key,route,operation,dialect,stream,model,provider,target_model,response_model,upstream_request_id,"
        + Tokens + ",source," + Costs + ",price_version,service_tier,config_version,queued_ms,connected_ms,first_byte_ms,duration_ms,status,finish_reason,error,outcome,cache,prompt_hash,tags,metadata,saved_tokens,saved_usd,saved_nano_usd\r\n";

    public static byte[] RecordTitles => Encoding.UTF8.GetBytes(Record);

    public static byte[] RowTitles(UsageQuery query) => Encoding.UTF8.GetBytes(
        (query.Step == UsageStep.None ? "" : "at,") + string.Concat(query.By.Select(b => UsageWords.Name(b) + ",")) + "requests,attempts,failed," + Tokens + "," + Costs + ",duration_ms,first_byte_ms\r\n");

    public static void Write(IBufferWriter<byte> output, UsageRow row, UsageQuery query, bool toTenant)
    {
        var line = new CsvLine(output);
        if (query.Step != UsageStep.None) line.Value(row.At!.Value.ToUniversalTime(), Instant);
        foreach (var value in row.Values) line.Text(value);
        var sums = row.Sums;
        line.Value(sums.Requests);
        line.Value(sums.Attempts);
        line.Value(sums.Failed);
        Write(ref line, sums.Tokens);
        Write(ref line, sums.Billed, toTenant ? null : sums.Cost);
        Time(ref line, sums.Attempts == 0 ? null : sums.Duration / sums.Attempts);
        Time(ref line, sums.FirstBytes == 0 ? null : sums.ToFirstByte / sums.FirstBytes);
        line.End();
    }

    public static void Write(IBufferWriter<byte> output, UsageRecord record, bool toTenant)
    {
        var line = new CsvLine(output);
        line.Value(record.Id);
        line.Value(record.At.ToUniversalTime(), Instant);
        line.Text(UsageDimensions.Of(record, UsageDimension.Kind));
        line.Text(record.Corrects?.ToString());
        line.Text(record.RequestId);
        line.Value(record.Attempt);
        Truth(ref line, record.IsLast);
        foreach (var who in (ReadOnlySpan<string?>)[record.Tenant, record.Team, record.User, record.Key, record.Route, record.Operation]) line.Text(who);
        line.Text(UsageDimensions.Of(record, UsageDimension.Dialect));
        Truth(ref line, record.IsStream);
        foreach (var what in (ReadOnlySpan<string?>)[record.Model, record.Provider, record.TargetModel, record.ResponseModel, record.UpstreamRequestId]) line.Text(what);
        Write(ref line, record.Tokens);
        line.Text(UsageDimensions.Of(record, UsageDimension.Source));
        Write(ref line, record.Billed, toTenant ? null : record.Cost);
        foreach (var version in (ReadOnlySpan<string?>)[record.PriceVersion, record.ServiceTier, record.ConfigVersion]) line.Text(version);
        Time(ref line, record.Queued);
        Time(ref line, record.Connected);
        Time(ref line, record.ToFirstByte);
        Time(ref line, record.Duration);
        line.Value(record.Status);
        line.Text(record.FinishReason);
        line.Text(record.Error);
        line.Text(UsageDimensions.Of(record, UsageDimension.Outcome));
        line.Text(UsageDimensions.Of(record, UsageDimension.Cache));
        line.Text(record.PromptHash?.ToString("x16", CultureInfo.InvariantCulture));
        line.Text(string.Join(';', record.Tags));
        line.Text(string.Join(';', record.Metadata.Select(m => $"{m.Key}={m.Value}")));
        line.Value(record.SavedTokens);
        Money(ref line, record.Saved);
        line.End();
    }

    private static void Write(ref CsvLine line, in TokenUsage tokens)
    {
        foreach (var count in (ReadOnlySpan<long>)[tokens.Input, tokens.CacheRead, tokens.CacheWrite, tokens.CacheWrite1h, tokens.Output, tokens.Reasoning, tokens.WebSearches]) line.Value(count);
    }

    private static void Write(ref CsvLine line, long billed, CostParts? known)
    {
        Money(ref line, billed);
        if (known is not { } cost)
        {
            for (var cell = 0; cell < 11; cell++) line.Text(null);
            return;
        }

        Money(ref line, cost.Total);
        foreach (var part in (ReadOnlySpan<long>)[cost.Input, cost.CacheRead, cost.CacheWrite, cost.Output, cost.Reasoning, cost.Audio, cost.Image, cost.Tools, cost.Request]) line.Value(part);
    }

    private static void Money(ref CsvLine line, long nano)
    {
        line.Value(nano / 1_000_000_000m, "0.#########");
        line.Value(nano);
    }

    private static void Time(ref CsvLine line, TimeSpan? time)
    {
        if (time is { } known) line.Value(Math.Round(known.TotalMilliseconds, 3));
        else line.Text(null);
    }

    private static void Truth(ref CsvLine line, bool isTrue) => line.Text(isTrue ? "true" : "false");
}
