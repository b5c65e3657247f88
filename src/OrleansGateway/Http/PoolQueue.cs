using System.Runtime.CompilerServices;

namespace OrleansGateway.Http;

/// <summary>The queue of the thread pool, in which what many wait for goes before what nobody does.</summary>
internal static class PoolQueue
{
    /// <summary>Goes on behind all that is queued now. Unlike <see cref="Task.Yield"/>, behind what other threads have queued too.</summary>
    public static Behind GoBehind() => default;

    /// <summary>Awaits <see cref="GoBehind"/>.</summary>
    internal readonly struct Behind : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Behind GetAwaiter() => this;

        public void GetResult()
        {
            // Nothing comes of it but the wait.
        }

        public void OnCompleted(Action continuation) => ThreadPool.QueueUserWorkItem(static go => go(), continuation, preferLocal: false);

        public void UnsafeOnCompleted(Action continuation) => ThreadPool.UnsafeQueueUserWorkItem(static go => go(), continuation, preferLocal: false);
    }
}
