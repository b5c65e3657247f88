using System.Text;
using BenchmarkDotNet.Attributes;
using OrleansGateway.Limits;
using OrleansGateway.Models;

namespace OrleansGateway.Bench.Micro;

/// <summary>Looking into whole bodies.</summary>
public class BodyBenchmarks
{
    private static readonly byte[] Usage = "usage"u8.ToArray();

    private byte[] _small = [];
    private byte[] _large = [];
    private byte[] _answer = [];

    [GlobalSetup]
    public void SetUp()
    {
        _small = Request(1 << 10);
        _large = Request(100 << 10);
        var content = Words.OfLength(100 << 10);
        _answer = Encoding.ASCII.GetBytes(
            $$$"""{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"{{{content}}}"}}],"usage":{"prompt_tokens":200,"completion_tokens":100,"total_tokens":300}}""");
    }

    [Benchmark]
    public int ReadEnvelopeOf1KB() => Read(_small);

    [Benchmark]
    public int ReadEnvelopeOf100KB() => Read(_large);

    [Benchmark]
    public long SizeCallOf1KB() => CallSize.Read(_small).TextTokens;

    [Benchmark]
    public long SizeCallOf100KB() => CallSize.Read(_large).TextTokens;

    /// <summary>The scanner is made anew, as it is for each answer.</summary>
    [Benchmark]
    public int ScanAnswerOf100KB()
    {
        var scanner = new JsonMemberScanner(Usage);
        scanner.Scan(_answer);
        return scanner.Value.Length;
    }

    private static int Read(byte[] body) => RequestEnvelope.Read(body, out var envelope) is null ? envelope.Model.Length : -1;

    // Messages of some 300 bytes, as agents send them: JSON has structure, not only one long string.
    private static byte[] Request(int bytes)
    {
        var message = $$"""{"role":"user","content":"{{Words.OfLength(270)}}"}""";
        return Encoding.ASCII.GetBytes($$"""{"model":"bench","temperature":0.7,"stream":true,"messages":[{{string.Join(',', Enumerable.Repeat(message, bytes / message.Length))}}]}""");
    }
}
