using System.Runtime.CompilerServices;

namespace OrleansGateway.Http;

/// <summary>
/// The threads on which the system's word that a socket is ready arrives, one per core. What waits for a socket goes on there, without the hand-over to a thread of the
/// pool that would cost a fifth of a small request (docs/decisions/2026-11-22-socket-threads.md). Each serves many connections, so whatever takes long leaves it first.
/// </summary>
internal static class SocketThreads
{
    /// <summary>Bytes of a body, or a piece of one, from which on dealing with it is left to the pool.</summary>
    public const int BulkBytes = 32 << 10;

    /// <summary>The switch of .NET: 1 to go on there, 0 for a hand-over each time. It is looked at once, when the process opens its first socket.</summary>
    public const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Goes on there, unless the environment says otherwise.</summary>
    public static void Use()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) Environment.SetEnvironmentVariable(Variable, "1");
    }

    /// <summary>Goes on on a thread of the pool: at once where it is one.</summary>
    public static ToPool Leave() => default;

    /// <summary>Awaits <see cref="Leave"/>.</summary>
    internal readonly struct ToPool : ICriticalNotifyCompletion
    {
        public bool IsCompleted => Thread.CurrentThread.IsThreadPoolThread;

        public ToPool GetAwaiter() => this;

        public void GetResult()
        {
            // Nothing comes of it but the thread.
        }

        public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static go => go(), continuation, preferLocal: false);

        public void UnsafeOnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(static go => go(), continuation, preferLocal: false);
    }
}
