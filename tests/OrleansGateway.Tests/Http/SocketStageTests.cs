using Microsoft.AspNetCore.Http;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Http;

/// <summary>Which requests stay on the thread on which they arrived.</summary>
public sealed class SocketStageTests
{
    [Fact]
    public void Invoke_OnASocketsThread_KeepsWhatIsPassedOn_ButOneOf64()
    {
        var stayed = OnASocketsThread(On(new RouteSettings { Upstream = "origin" }, new UpstreamPool("origin", new UpstreamSettings())), 256);

        Assert.Equal(4, stayed.Count(stays => !stays));
    }

    [Fact]
    public void Invoke_OnASocketsThread_LeavesWithAModelCall() => Assert.DoesNotContain(true, OnASocketsThread(On(new RouteSettings()), 256));

    [Fact]
    public async Task Invoke_InThePool_GoesOnAtOnce()
    {
        var isOver = await Task.Run(() => new SocketStage().InvokeAsync(On(new RouteSettings()), static _ => ValueTask.CompletedTask).AsTask().IsCompleted, TestContext.Current.CancellationToken);

        Assert.True(isOver);
    }

    private static Exchange On(RouteSettings settings, UpstreamPool? upstream = null) =>
        new(new DefaultHttpContext(), Snapshot.Compile(new GatewaySettings(), sequence: 1, text: ""), "request", startedAt: 0) { Route = new Route("route", settings, upstream) };

    private static bool[] OnASocketsThread(Exchange exchange, int requests)
    {
        var stayed = new bool[requests];
        var thread = new Thread(() =>
        {
            var stage = new SocketStage();
            for (var i = 0; i < requests; i++)
            {
                var going = stage.InvokeAsync(exchange, _ =>
                {
                    stayed[i] = !Thread.CurrentThread.IsThreadPoolThread;
                    return ValueTask.CompletedTask;
                });
                going.AsTask().Wait();
            }
        });
        thread.Start();
        thread.Join();
        return stayed;
    }
}
