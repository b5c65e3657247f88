using System.Text.Json;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Sdk;

/// <summary>
/// The programs fail on a server that is wrong; else they prove nothing about the gateway. That they pass on one that is right is
/// <see cref="ReferenceProviderSdkTests"/>.
/// </summary>
public sealed class NodeProgramTests
{
    [Theory]
    [InlineData("openai", "chat")] [InlineData("anthropic", "create")] [InlineData("ai-sdk", "generate-text")]
    public async Task ExpectedText_WhenItDiffers_FailsTheScenario(string program, string scenario)
    {
        await using var upstream = await MockUpstream.StartAsync(new ReferenceProvider().Handle);
        var server = ServerOf(upstream) with { Environment = new Dictionary<string, string> { ["EXPECT_TEXT"] = "other" } };
        Assert.Equal([scenario], (await NodeProgram.RunAsync(program, server, scenario)).Failed);
        server = server with { Environment = new Dictionary<string, string> { ["EXPECT_TEXT"] = ReferenceProvider.Text } };
        (await NodeProgram.RunAsync(program, server, scenario)).AssertPassed();
    }

    [Theory]
    [InlineData("openai")] [InlineData("anthropic")] [InlineData("ai-sdk")]
    public async Task CutStream_WithoutAnErrorEvent_FailsTheScenario(string program)
    {
        var reference = new ReferenceProvider();
        // What a careless gateway makes of a cut: the events so far, and a proper end.
        await using var upstream = await MockUpstream.StartAsync(request => reference.Handle(request).EndAfter(3, AnswerEnd.Proper));
        Assert.Equal(["error-mid-stream"], (await NodeProgram.RunAsync(program, ServerOf(upstream), "error-mid-stream")).Failed);
    }

    [Fact]
    public async Task WrongStatus_OnErrors_FailsExactlyTheErrorScenarios()
    {
        var reference = new ReferenceProvider();
        await using var upstream = await MockUpstream.StartAsync(request =>
        {
            var answer = reference.Handle(request);
            return answer.Status is 404 or 429 ? answer with { Status = 422 } : answer;
        });
        var run = await NodeProgram.RunAsync("openai", ServerOf(upstream), "chat", "error-404", "error-429", "error-500");
        Assert.Equal(["error-404", "error-429"], run.Failed);
    }

    [Fact]
    public async Task UnknownScenario_WhenAskedFor_FailsTheRun()
    {
        await using var upstream = await MockUpstream.StartAsync(new ReferenceProvider().Handle);
        var run = await NodeProgram.RunAsync("openai", ServerOf(upstream), "no-such-scenario");
        Assert.Equal((1, "no-such-scenario"), (run.ExitCode, run.Failed.Single()));
    }

    [Theory]
    [InlineData("openai", "chat.completion chat.completion.chunk embeddings error model models")]
    [InlineData("ai-sdk", "chat.completion chat.completion.chunk embeddings error")]
    public async Task CapturedAnswers_OfACorrectServer_SatisfyOpenAIsDescription(string program, string kinds)
    {
        await using var upstream = await MockUpstream.StartAsync(new ReferenceProvider().Handle);
        var file = Path.GetTempFileName();
        try
        {
            var server = ServerOf(upstream) with { Environment = new Dictionary<string, string> { ["CAPTURE"] = file } };
            (await NodeProgram.RunAsync(program, server)).AssertPassed();
            var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            var captured = lines.Select(line => JsonElement.Parse(line).GetProperty("kind").GetString()).Distinct().Order(StringComparer.Ordinal);
            Assert.Equal(kinds, string.Join(' ', captured));
            await OpenAISchema.AssertValidAsync(lines);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("""{"kind":"chat.completion.chunk","body":{"id":"x","created":1,"model":"m","choices":[]}}""", "'object'")]
    [InlineData("""{"kind":"error","body":{"error":{"message":"m","type":"t","code":null}}}""", "'param'")]
    [InlineData("""{"kind":"chat.completion.chunk","body":{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":3},"finish_reason":null}]}}""", "/choices/0/delta/content")]
    [InlineData("""{"kind":"no-such-kind","body":{}}""", "no-such-kind")]
    [InlineData("", "\"lines\":0")]
    public async Task Judge_OfAFaultyBody_NamesTheFault(string line, string fault)
    {
        var (exitCode, findings) = await OpenAISchema.JudgeAsync([line]);
        Assert.Equal(1, exitCode);
        Assert.Contains(fault, findings, StringComparison.Ordinal);
    }

    private static SdkServer ServerOf(MockUpstream upstream) => new(upstream.Url, "reference-key");
}
