using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Http;

/// <summary>A bug in a stage, on a real server: what the client sees of it.</summary>
public sealed class ErrorStageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InvokeAsync_WhenAStageFailsBeforeTheAnswer_SaysNothingOfItsInside()
    {
        await using var server = await StartAsync(_ => throw new InvalidOperationException("inside"));
        using var client = new HttpClient();
        using var answer = await client.GetAsync(server.Urls.Single(), Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal((500, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains("internal_error", text);
        Assert.DoesNotContain("inside", text);
    }

    [Fact]
    public async Task InvokeAsync_WhenAStageFailsInTheMiddleOfTheAnswer_BreaksTheConnection()
    {
        await using var server = await StartAsync(async exchange =>
        {
            await exchange.Http.Response.BodyWriter.WriteAsync(Encoding.ASCII.GetBytes("half"), Cancellation);
            throw new InvalidOperationException("inside");
        });
        using var client = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(server.Urls.Single(), Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // as HTTP/2 says it
    public async Task InvokeAsync_WhenTheConnectionBrokeBeforeTheRequestKnows_IsNoFailureOfOurs(bool isWrapped)
    {
        var log = new ListLogger<ErrorStage>();
        await using var server = await StartAsync(
            exchange =>
            {
                // Before the token of the request is cancelled.
                exchange.Http.Features.Set<IHttpRequestLifetimeFeature>(new Unaware());
                var gone = new ConnectionAbortedException();
                throw isWrapped ? new IOException("The request stream was aborted.", gone) : gone;
            },
            log);
        using var client = new HttpClient();
        using var answer = await client.GetAsync(server.Urls.Single(), Cancellation);
        await server.StopAsync(Cancellation);
        Assert.Contains(log.Lines, line => line.StartsWith("Debug 1001 ", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Error ", StringComparison.Ordinal));
    }

    private static async Task<WebApplication> StartAsync(Func<Exchange, ValueTask> stage, ILogger<ErrorStage>? log = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var snapshot = Snapshot.Compile(new GatewaySettings(), 1, "");
        var pipeline = new Pipeline([new ErrorStage(log ?? NullLogger<ErrorStage>.Instance), new Stage(stage)], () => snapshot, new RequestIds(new Random(1)), TimeProvider.System);
        app.Run(http => pipeline.ServeAsync(http).AsTask());
        await app.StartAsync(Cancellation);
        return app;
    }

    private sealed class Unaware : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public void Abort()
        {
        }
    }

    private sealed class Stage(Func<Exchange, ValueTask> run) : IStage
    {
        public ValueTask InvokeAsync(Exchange exchange, Next next) => run(exchange);
    }
}
