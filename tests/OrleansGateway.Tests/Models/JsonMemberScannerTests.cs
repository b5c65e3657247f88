using System.Text;
using System.Text.Json;
using OrleansGateway.Models;
using OrleansGateway.Tests.Transcripts;

namespace OrleansGateway.Tests.Models;

/// <summary>The scanner finds what a parser finds, however the JSON is split.</summary>
public sealed class JsonMemberScannerTests
{
    [Theory]
    [InlineData("""{"usage":{"a":1}}""", """{"a":1}""")]
    [InlineData("""{"x":{"usage":{"a":1}},"usage" : {"b":[1,2,{"c":"}"}]} ,"y":1}""", """{"b":[1,2,{"c":"}"}]}""")]
    [InlineData("""{"x":"\"usage\":{","y":["usage",{"usage":1}],"usage":7}""", "7")]
    [InlineData("""{"x":"usage","usage":null}""", "null")]
    [InlineData("""{"usages":1,"usag":2,"u":3}""", "")]
    [InlineData("""{"usage":{"a":1},"usage":{"a":2}}""", """{"a":2}""")]
    [InlineData("""{"x":"\\","usage":"s\"t"}""", "\"s\\\"t\"")]
    [InlineData("""["usage",{"usage":1}]""", "")]
    [InlineData("{}", "")]
    public void Scan_OfJson_KeepsTheMembersValue(string json, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        Assert.Equal(expected, Scan([bytes]));
        Assert.Equal(expected, Scan([.. bytes.Select(b => new[] { b })]));
    }

    [Fact]
    public void Scan_OfEveryRecordedAnswer_KeepsWhatAParserFinds()
    {
        var answers = TranscriptFiles.OpenAIChat().Concat(TranscriptFiles.AnthropicMessages()).Where(t => !t.IsStream).ToList();
        Assert.True(answers.Count > 100);
        foreach (var answer in answers)
        {
            var expected = JsonElement.Parse(answer.Response).TryGetProperty("usage", out var usage) ? usage.GetRawText() : "";
            Assert.Equal(expected, Scan(answer.Response.Chunk(7)));
        }
    }

    [Fact]
    public void Scan_OfAValueTooLong_KeepsNothing() =>
        Assert.Equal("", Scan([Encoding.UTF8.GetBytes($$"""{"usage":"{{new string('a', JsonMemberScanner.ValueBytesMax)}}"}""")]));

    private static string Scan(IEnumerable<byte[]> chunks)
    {
        var scanner = new JsonMemberScanner("usage"u8.ToArray());
        foreach (var chunk in chunks) scanner.Scan(chunk);
        return Encoding.UTF8.GetString(scanner.Value).Trim();
    }
}
