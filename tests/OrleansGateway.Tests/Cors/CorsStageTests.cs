using OrleansGateway.Configuration;
using OrleansGateway.Cors;
using OrleansGateway.Tests.Compression;

namespace OrleansGateway.Tests.Cors;

/// <summary>What a route says of other origins takes the place of what its upstream says.</summary>
public sealed class CorsStageTests
{
    [Theory]
    [InlineData("https://app.example", "access-control-allow-origin: https://app.example; vary: Accept,Origin; x-kept: y")]
    [InlineData("https://evil.example", "vary: Accept,Origin; x-kept: y")]
    [InlineData("https://APP.example", "vary: Accept,Origin; x-kept: y")]
    [InlineData("", "vary: Accept,Origin; x-kept: y")]
    public async Task Answer_OfAnUpstreamThatAllowsAll_AllowsWhatTheRouteDoes(string origin, string expected)
    {
        var answer = new AnswerInMemory("");
        answer.Exchange.Route = new Route("route", new RouteSettings { Respond = new(), Cors = new CorsSettings { Origins = ["https://APP.example:443"] } });
        if (origin.Length > 0) answer.Http.Request.Headers.Origin = origin;
        await answer.SendAsync(response =>
        {
            foreach (var (name, value) in new[] { ("Access-Control-Allow-Origin", "*"), ("access-control-allow-credentials", "true"), ("Vary", "Accept"), ("x-kept", "y") })
                response.Headers[name] = value;
            return Task.CompletedTask;
        }, new CorsStage());
        Assert.Equal(expected, string.Join("; ", answer.Headers.Select(h => $"{h.Key.ToLowerInvariant()}: {h.Value}").Order(StringComparer.Ordinal)));
    }
}
