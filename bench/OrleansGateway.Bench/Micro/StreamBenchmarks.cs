using System.Buffers;
using BenchmarkDotNet.Attributes;
using OrleansGateway.Bench.Mock;
using OrleansGateway.Models;
using OrleansGateway.Models.Relays;

namespace OrleansGateway.Bench.Micro;

/// <summary>64 events of a stream, each read on its own as it would come from a provider. One operation is all 64.</summary>
public class StreamBenchmarks : IDisposable
{
    private const int Events = 64;

    private readonly SseReader _reader = new();
    private readonly OpenAIPassThrough _relay = new(takeOutUsage: true);
    private readonly ArrayBufferWriter<byte> _output = new(4 << 10);
    private byte[] _event = [];

    [GlobalSetup]
    public void SetUp()
    {
        // The mock's chunk without its framing: what the HTTP client hands on.
        var chunk = MockAnswers.NewEvent(Events);
        _event = chunk[(chunk.AsSpan().IndexOf("data:"u8))..^2];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _reader.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public int ReadEvents()
    {
        var bytes = 0;
        for (var i = 0; i < Events; i++)
        {
            Feed();
            while (_reader.TryRead(out var sse)) bytes += sse.Data.Length;
        }

        return bytes;
    }

    /// <summary>Reading, and what the pass-through of OpenAI's dialect does with an event.</summary>
    [Benchmark]
    public int PassEventsOn()
    {
        var bytes = 0;
        for (var i = 0; i < Events; i++)
        {
            Feed();
            while (_reader.TryRead(out var sse)) _relay.Take(sse, _output);
            bytes += _output.WrittenCount;
            _output.ResetWrittenCount();
        }

        return bytes;
    }

    // In as many parts as the reader has room for, which is at least one byte.
    private void Feed()
    {
        for (ReadOnlySpan<byte> left = _event; !left.IsEmpty;)
        {
            var free = _reader.Free().Span;
            var part = left[..Math.Min(left.Length, free.Length)];
            part.CopyTo(free);
            _reader.Advance(part.Length);
            left = left[part.Length..];
        }
    }
}
