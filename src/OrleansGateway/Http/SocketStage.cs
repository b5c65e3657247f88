using System.Runtime.CompilerServices;

namespace OrleansGateway.Http;

/// <summary>
/// A request begins on the thread on which its bytes arrived. What is passed on, or answered from the cache, stays there: a hand-over to the pool would cost a third of it. All else
/// leaves here. What stays and then comes to something that takes long leaves by itself (docs/decisions/2026-11-22-socket-threads.md).
/// </summary>
internal sealed class SocketStage : IStage
{
    /// <summary>A client that sends one request behind the other without a pause must not keep the thread from the others that it serves. A power of two.</summary>
    private const int InARowMax = 64;

    [ThreadStatic]
    private static int t_stayed;

    public ValueTask InvokeAsync(Exchange exchange, Next next) =>
        SocketThreads.Leave().IsCompleted || (exchange.Route!.Upstream is not null && ++t_stayed % InARowMax != 0) ? next(exchange) : LeaveAsync(exchange, next);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask LeaveAsync(Exchange exchange, Next next)
    {
        await SocketThreads.Leave();
        await next(exchange);
    }
}
