using System.Text;
using System.Text.Json;
using OrleansGateway.Http;
using OrleansGateway.Tests.Transcripts;

namespace OrleansGateway.Tests.Gateway;

/// <summary>Every chat exchange recorded from the real providers goes through the gateway, as it is and by way of the other dialect.</summary>
public sealed class RecordedExchangeTests
{
    [Fact]
    public async Task OpenAIChat_InItsOwnDialect_PassesByteForByte() => await PassesAsync(Dialect.OpenAI, TranscriptFiles.OpenAIChat());

    [Fact]
    public async Task AnthropicMessages_InTheirOwnDialect_PassByteForByte() => await PassesAsync(Dialect.Anthropic, TranscriptFiles.AnthropicMessages());

    [Fact]
    public async Task OpenAIChat_ByWayOfAnthropic_SaysTheSame() => await TranslatesAsync(Dialect.OpenAI, TranscriptFiles.OpenAIChat());

    [Fact]
    public async Task AnthropicMessages_ByWayOfOpenAI_SayTheSame() => await TranslatesAsync(Dialect.Anthropic, TranscriptFiles.AnthropicMessages());

    private static async Task PassesAsync(Dialect dialect, IEnumerable<Transcript> transcripts)
    {
        await using var bed = await RecordedExchanges.StartAsync(dialect);
        var (count, failures) = (0, new List<string>());
        foreach (var transcript in transcripts)
        {
            count++;
            var (status, body, received) = await bed.ReplayAsync(transcript, "origin");
            var expected = transcript.Status == 200 || IsPassedOn(transcript.Status) ? transcript.Response : null;
            if (status != transcript.Status) failures.Add($"{transcript}: status {status} for {transcript.Status}: {Encoding.UTF8.GetString(body)}");
            else if (expected is not null && !body.AsSpan().SequenceEqual(expected)) failures.Add($"{transcript}: the answer differs: {Encoding.UTF8.GetString(body)}");
            else if (!JsonElement.DeepEquals(RecordedExchanges.Comparable(received), RecordedExchanges.Comparable(transcript.Request))) failures.Add($"{transcript}: the request differs");
        }

        Assert.True(count > 100, $"{count} exchanges");
        Assert.True(failures.Count == 0, $"{failures.Count} of {count}:\n{string.Join('\n', failures)}");
    }

    private static async Task TranslatesAsync(Dialect dialect, IEnumerable<Transcript> transcripts)
    {
        await using var bed = await RecordedExchanges.StartAsync(dialect);
        var (count, failures) = (0, new List<string>());
        foreach (var transcript in transcripts)
        {
            count++;
            var (status, body, _) = await bed.ReplayAsync(transcript, "by-way");
            var failure = Compare(dialect, transcript, status, body);
            var known = KnownDifferences.Of(transcript);
            if (failure is not null && known is null) failures.Add($"{transcript}: {failure}");
            if (failure is null && known is not null) failures.Add($"{transcript}: passes, though listed as: {known}");
        }

        Assert.True(count > 100, $"{count} exchanges");
        Assert.True(failures.Count == 0, $"{failures.Count} of {count}:\n{string.Join('\n', failures)}");
    }

    private static string? Compare(Dialect dialect, Transcript transcript, int status, byte[] body)
    {
        if (status != transcript.Status) return $"status {status} for {transcript.Status}: {Encoding.UTF8.GetString(body)}";
        if (status != 200) return null;
        var expected = Conversation.Of(dialect, transcript.Response, transcript.IsStream).ByWayOfAnother();
        var actual = Conversation.Of(dialect, body, transcript.IsStream).ByWayOfAnother();
        return expected == actual ? null : $"\n  said  {expected}\n  heard {actual}";
    }

    private static bool IsPassedOn(int status) => status is not (401 or 402 or 403);
}
