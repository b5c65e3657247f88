using OrleansGateway.Tests.Forwarding;

namespace OrleansGateway.Tests.Listeners;

/// <summary>A length is digits. Whatever else were taken for one, another might take for something else, and see other requests on the same connection.</summary>
public sealed class StatedLengthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData("+5")] [InlineData("-0")] [InlineData("5 5")] [InlineData("0x5")] [InlineData("5,5")] [InlineData("")]
    [InlineData("9223372036854775808")] [InlineData("000000000000000000000000000005")]
    public async Task Length_ThatIsNotDigits_IsRefusedAndEndsTheConnection(string length)
    {
        await using var bed = await ForwardBed.StartAsync(_ => Task.CompletedTask);
        var answers = await RawExchange.SendAsync(bed.Url, $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Cancellation);
        Assert.StartsWith("HTTP/1.1 400 ", answers, StringComparison.Ordinal);
        Assert.Single(answers.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact(Timeout = 60_000)]
    public async Task Length_OfDigits_IsTaken()
    {
        await using var bed = await ForwardBed.StartAsync(http => http.Request.Body.CopyToAsync(http.Response.Body));
        var answer = await RawExchange.SendAsync(bed.Url, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 005\r\n\r\nhello", Cancellation);
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("hello", answer, StringComparison.Ordinal);
    }
}
