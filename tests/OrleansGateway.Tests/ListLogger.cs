using Microsoft.Extensions.Logging;

namespace OrleansGateway.Tests;

/// <summary>Keeps what is logged, as <c>Level Id text</c>.</summary>
internal sealed class ListLogger<T> : ILogger<T>
{
    public List<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Lines) Lines.Add($"{logLevel} {eventId.Id} {formatter(state, exception)}");
    }
}
