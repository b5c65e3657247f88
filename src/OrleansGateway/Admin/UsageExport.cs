using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansGateway.Usage;
using OrleansGateway.Usage.Reading;

namespace OrleansGateway.Admin;

/// <summary>How usage is answered.</summary>
internal enum UsageFormat
{
    Json, Csv, JsonLines,
}

/// <summary>
/// Usage as CSV or JSON lines, of any length: read and written piece by piece, and no faster than the caller takes it. What goes wrong on the way breaks the connection, so that
/// nobody takes a part for the whole.
/// </summary>
internal static class UsageExport
{
    public const string Csv = "text/csv";
    public const string JsonLines = "application/jsonl";

    private const int PieceBytes = 32 << 10;

    /// <summary>What the parameter <c>format</c> asks for; without it, the header <c>Accept</c>; else JSON.</summary>
    public static UsageFormat FormatOf(HttpRequest request, UsageQueryText text)
    {
        switch (text.Text("format"))
        {
            case "json": return UsageFormat.Json;
            case "csv": return UsageFormat.Csv;
            case "jsonl": return UsageFormat.JsonLines;
            case not null:
                text.Fault("format", "Must be json, csv or jsonl.");
                return UsageFormat.Json;
            default:
                var accepted = request.Headers.Accept.ToString();
                if (accepted.Contains(Csv, StringComparison.OrdinalIgnoreCase)) return UsageFormat.Csv;
                string[] lines = [JsonLines, "application/x-ndjson", "application/x-jsonlines"];
                return lines.Any(l => accepted.Contains(l, StringComparison.OrdinalIgnoreCase)) ? UsageFormat.JsonLines : UsageFormat.Json;
        }
    }

    /// <summary>All rows from those of the first page on.</summary>
    public static IResult Rows(IUsageReports reports, UsageQuery query, UsageReport first, bool all, UsageFormat format, bool toTenant, CancellationToken cancellation) => format == UsageFormat.Csv
        ? Stream(Csv, UsageCsv.RowTitles(query), PagesAsync(reports, query, first, all, cancellation), (output, row) => UsageCsv.Write(output, row, query, toTenant), cancellation)
        : Stream(JsonLines, [], PagesAsync(reports, query, first, all, cancellation), (output, row) => WriteLine(output, UsageRowDocument.Of(row, query.By, toTenant), AdminJson.Default.UsageRowDocument), cancellation);

    /// <summary>So many records. Reads the first before it answers, so that a store that is down is told as such.</summary>
    public static async Task<IResult> RecordsAsync(IAsyncEnumerable<UsageRecord> records, int limit, UsageFormat format, bool toTenant, CancellationToken cancellation)
    {
        var reading = records.GetAsyncEnumerator(cancellation);
        var isAny = await reading.MoveNextAsync();
        var all = isAny ? RestAsync(reading, limit) : NoneAsync(reading);
        return format == UsageFormat.Csv
            ? Stream(Csv, UsageCsv.RecordTitles, all, (output, record) => UsageCsv.Write(output, record, toTenant), cancellation)
            : Stream(JsonLines, [], all, (output, record) => WriteLine(output, UsageRecordDocument.Of(record, toTenant), AdminJson.Default.UsageRecordDocument), cancellation);
    }

    private static IResult Stream<T>(string mediaType, byte[] titles, IAsyncEnumerable<T> items, Action<IBufferWriter<byte>, T> write, CancellationToken cancellation) => Results.Stream(
        async stream =>
        {
            var piece = new ArrayBufferWriter<byte>(2 * PieceBytes);
            piece.Write(titles);
            await foreach (var item in items)
            {
                write(piece, item);
                if (piece.WrittenCount < PieceBytes) continue;
                await stream.WriteAsync(piece.WrittenMemory, cancellation);
                piece.ResetWrittenCount();
            }

            await stream.WriteAsync(piece.WrittenMemory, cancellation);
        },
        mediaType);

    private static void WriteLine<T>(IBufferWriter<byte> output, T document, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        using (var json = new Utf8JsonWriter(output)) JsonSerializer.Serialize(json, document, type);
        output.Write("\n"u8);
    }

    private static async IAsyncEnumerable<UsageRow> PagesAsync(
        IUsageReports reports, UsageQuery query, UsageReport page, bool all, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            foreach (var row in page.Rows) yield return row;
            if (!all || !page.More) yield break;
            query = query with { Offset = query.Offset + page.Rows.Count };
            page = await reports.ReportAsync(query, cancellation);
        }
    }

    private static async IAsyncEnumerable<UsageRecord> RestAsync(IAsyncEnumerator<UsageRecord> reading, int limit)
    {
        await using (reading)
        {
            do yield return reading.Current;
            while (--limit > 0 && await reading.MoveNextAsync());
        }
    }

    private static async IAsyncEnumerable<UsageRecord> NoneAsync(IAsyncEnumerator<UsageRecord> reading)
    {
        await reading.DisposeAsync();
        yield break;
    }
}
