using System.Globalization;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Auth;
using OrleansGateway.Configuration;
using OrleansGateway.Tenants;

namespace OrleansGateway.Bench.Micro;

/// <summary>Finding the caller of a request among a million keys.</summary>
public class KeyBenchmarks
{
    private const int Keys = 1_000_000;

    /// <summary>Enough different requests that the table does not stay in the processor's caches.</summary>
    private const int Requests = 1 << 14;

    private readonly KeyIndex _index = new();
    private readonly HeaderDictionary[] _headers = new HeaderDictionary[Requests];
    private string _text = "";
    private int _next;

    [GlobalSetup]
    public void SetUp()
    {
        for (var number = 0; number < Keys; number++)
        {
            var id = number.ToString(CultureInfo.InvariantCulture);
            _index.Add(new Key { Id = id, Hash = KeyHash.Of(TextOf(number)), Display = "ogw_", Tenant = "tenant" + number % 1000, Version = 1 });
        }

        var random = new Random(7);
        for (var at = 0; at < Requests; at++) _headers[at] = new HeaderDictionary { ["Authorization"] = "Bearer " + TextOf(random.Next(Keys)) };
        _text = TextOf(7);
    }

    [Benchmark]
    public object HashKey() => KeyHash.Of(_text).Equals(default) ? this : _text;

    /// <summary>What the auth stage does: the key out of the headers, its hash, its caller.</summary>
    [Benchmark]
    public object? FindCaller()
    {
        var key = PresentedKey.Read(_headers[_next++ & (Requests - 1)]);
        return _index.FindCurrent(KeyHash.Of(key.Text));
    }

    // As long as our keys are.
    private static string TextOf(int number) => "ogw_" + number.ToString("D49", CultureInfo.InvariantCulture);
}
