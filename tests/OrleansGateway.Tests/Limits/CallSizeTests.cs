using System.Text;
using System.Text.Json;
using OrleansGateway.Limits;

namespace OrleansGateway.Tests.Limits;

public sealed class CallSizeTests
{
    private const string Image = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    [Theory]
    [InlineData("{}", null, 1)]
    [InlineData("{\"max_tokens\":7}", 7L, 1)]
    [InlineData("{\"max_completion_tokens\":7,\"n\":3}", 7L, 3)]
    [InlineData("{\"max_tokens\":9,\"max_completion_tokens\":7}", 9L, 1)]
    [InlineData("{\"max_tokens\":7,\"max_completion_tokens\":9}", 9L, 1)]
    [InlineData("{\"max\\u005ftokens\":7}", 7L, 1)]
    [InlineData("{\"max_tokens\":null,\"n\":null}", null, 1)]
    [InlineData("{\"max_tokens\":\"7\",\"n\":0}", null, 1)]
    [InlineData("{\"max_tokens\":-7,\"n\":-1}", null, 1)]
    [InlineData("{\"metadata\":{\"max_tokens\":7,\"n\":5}}", null, 1)]
    [InlineData("{\"messages\":[{\"max_tokens\":7}]}", null, 1)]
    public void Read_OfWhatTheClientAllows_TakesOnlyTheBodysOwnNumbers(string body, long? tokens, long answers)
    {
        var size = Read(body);
        Assert.Equal((tokens, answers), (size.MaxOutputTokens, size.Answers));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"§"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"§"}}]}]}""")]
    [InlineData("""{"messages":[{"content":{"a":{"b":[{"c":1}]}}},{"role":"user","content":[{"x":{"y":1},"type":"image_url","image_url":{"url":"§"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"image","source":{"type":"base64","data":"§"}}]}]}]}""")]
    public void Read_WhenAnImageIsWhereImagesAre_LeavesItsDataOutAndCountsIt(string body)
    {
        var size = Read(body.Replace("§", Image, StringComparison.Ordinal));
        Assert.Equal((1, Read(body.Replace("§", "", StringComparison.Ordinal)).TextTokens), (size.Images, size.TextTokens));
        Assert.False(size.IsOpenEnded);
    }

    [Theory]
    // Text in the guise of an image: arguments of a tool, a text of another part, schemas, metadata.
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"url":"§","data":"§"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"source":{"data":"§"}}}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"image_url":{"url":"§"}}}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":[{"content":[{"image_url":{"url":"§"}}]}]}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":{"a":{"image_url":{"url":"§"}}}}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"§"}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":{"url":"§"}}}]}]}""")]
    [InlineData("""{"messages":[{"content":[]},[[{"image_url":{"url":"§"}}]]]}""")]
    [InlineData("""{"messages":[{"content":[{"content":[]}]},{"content":[{"type":[[{"source":{"data":"§"}}]]}]}]}""")]
    [InlineData("""{"messages":[{"x":[{"image_url":{"url":"§"}}]}]}""")]
    [InlineData("""{"tools":[{"function":[{"image_url":{"url":"§"}}]}]}""")]
    [InlineData("""{"metadata":{"data":"§"}}""")]
    public void Read_WhenDataStandsElsewhere_CountsItAsText(string body)
    {
        var written = body.Replace("§", Image, StringComparison.Ordinal);
        Assert.True(Read(written).TextTokens >= written.Length, written);
    }

    [Theory]
    [InlineData("""{"messages":[{"content":[{"type":"document","source":{"type":"text","data":"x"}}]}]}""")]
    [InlineData("""{"messages":[{"content":[{"type":"file","file":{"file_id":"x"}}]}]}""")]
    [InlineData("""{"messages":[{"content":[{"type":"image","source":{"type":"file","file_id":"x"}}]}]}""")]
    [InlineData("""{"messages":[{"content":[{"type":"video_url","video_url":{"url":"https://x"}}]}]}""")]
    [InlineData("""{"tools":[{"type":"web_search_20250305"}]}""")]
    [InlineData("""{"tools":[{"type":"bash_20250124"}]}""")]
    [InlineData("""{"tools":[{"type":"file_search"}]}""")]
    [InlineData("""{"tools":[{"type":"w\u0065b_search"}]}""")]
    [InlineData("""{"web_search_options":{}}""")]
    public void Read_WhenOnlyTheProviderKnowsTheSize_SaysSo(string body)
    {
        Assert.True(Read(body).IsOpenEnded);
        Assert.Equal(200_000, Read(body).InputTokens(1, inputTokensMax: 200_000));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Read_OfAnyBody_BoundsItsTextAndItsImages(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 500; i++)
        {
            var (bytes, images) = (0L, 0);
            var messages = Enumerable.Range(0, random.Next(1, 6)).Select(_ => new { role = "user", content = Enumerable.Range(0, random.Next(4)).Select(_ => Part()).ToArray() }).ToArray();
            var size = CallSize.Read(JsonSerializer.SerializeToUtf8Bytes(new { model = "m", messages, tools = new[] { new { type = "function", function = new { name = "f", parameters = new { type = "object" } } } } }));

            Assert.Equal(images, size.Images);
            Assert.False(size.IsOpenEnded);
            Assert.True(size.TextTokens >= bytes + messages.Length * 10, $"{i}: {size.TextTokens} {bytes}");
            Assert.True(size.TextTokens <= bytes * 6 + messages.Sum(m => 60 + m.content.Length * 100) + 2_400, $"{i}: {size.TextTokens} {bytes}");

            object Part()
            {
                if (random.Next(3) == 0)
                {
                    images++;
                    return new { type = "image_url", image_url = new { url = "data:image/png;base64," + new string('A', random.Next(10_000)) } };
                }

                var text = new string([.. Enumerable.Range(0, random.Next(300)).Select(_ => (char)random.Next(1, 0xd800))]);
                bytes += Encoding.UTF8.GetByteCount(text);
                return new { type = "text", text };
            }
        }
    }

    [Fact]
    public void Read_OfABody_AllocatesNothing()
    {
        var body = Encoding.UTF8.GetBytes("""{"max_tokens":7,"messages":[{"role":"user","content":"hello"}]}""");
        Assert.Equal(0, Allocated.Least(() => CallSize.Read(body)));
    }

    [Fact]
    public void InputTokens_WhenLargerThanTheContext_AreTheContext()
    {
        var size = new CallSize { TextTokens = 1_000, Images = int.MaxValue };
        Assert.Equal(8_000, size.InputTokens(long.MaxValue, 8_000));
        Assert.Equal(1_020, (size with { Images = 2 }).InputTokens(10, 8_000));
    }

    private static CallSize Read(string body) => CallSize.Read(Encoding.UTF8.GetBytes(body));
}
