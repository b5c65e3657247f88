using System.Text.Json;
using OrleansGateway.Tests.Forwarding;
using OrleansGateway.Tests.Sdk;

namespace OrleansGateway.Tests.Caching;

/// <summary>
/// The public suite for HTTP caches (https://github.com/http-tests/cache-tests): the version on npm, and a checkout of a newer one where <c>CACHE_TESTS</c> names it. What
/// fails is listed, with the reason in docs/conformance.md, and exactly that may fail.
/// </summary>
public sealed class CacheSuiteTests
{
    /// <summary>In which the package, of 2021, says something else than the repository does today.</summary>
    private static readonly string[] s_changed =
    [
        "304-etag-update-response-ETag", "age-parse-dup-0", "age-parse-dup-0-twoline", "age-parse-dup-old", "age-parse-float", "age-parse-negative", "age-parse-nonnumeric",
        "age-parse-numeric-parameter", "age-parse-parameter", "age-parse-prefix-twoline", "stale-close-must-revalidate", "stale-close-no-cache", "stale-close-proxy-revalidate",
        "stale-close-s-maxage=2",
    ];

    private static readonly string[] s_misses =
    [
        "conditional-lm-fresh-no-lm", "partial-store-partial-reuse-partial", "partial-store-partial-reuse-partial-absent",
        "partial-store-partial-reuse-partial-byterange", "partial-store-partial-reuse-partial-suffix",
    ];

    public static TheoryData<string, int, int> Suites
    {
        get
        {
            var suites = new TheoryData<string, int, int> { { "npm", 157, 86 } };
            if (Environment.GetEnvironmentVariable("CACHE_TESTS") is { Length: > 0 } folder) suites.Add(folder, 160, 105);
            return suites;
        }
    }

    [Theory(Timeout = 300_000)]
    [MemberData(nameof(Suites))]
    public async Task Suite_OfThePublic_FailsWhereItIsKnownTo(string suite, int required, int optimal)
    {
        var misses = suite == "npm" ? [.. s_misses, .. s_changed] : s_misses;
        await RunAsync(suite, required, optimal, misses);
    }

    private static async Task RunAsync(string suite, int required, int optimal, string[] misses)
    {
        using var origin = NodeProgram.Start(["cache-suite.mjs", "serve", suite], new Dictionary<string, string>());
        try
        {
            var port = await origin.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            await using var bed = await ForwardBed.StartAsync(
                [new Uri($"http://127.0.0.1:{port}")], "retries: {attempts: 0}, unknown_transfer_codings: ignore", "pass_credentials: true, cache: {set_cookie: always, heuristics: all}");
            var (_, output, errors) = await NodeProgram.StartAsync(["cache-suite.mjs", "run", suite, bed.Url.ToString().TrimEnd('/')], new Dictionary<string, string>(), "");
            var results = output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonElement.Parse(line)).ToList();
            Assert.True(results.Count(result => KindOf(result) == "required") == required && results.Count(result => KindOf(result) == "optimal") == optimal, errors);
            var failed = results.Where(result => KindOf(result) != "check" && !result.GetProperty("ok").GetBoolean()).ToList();
            var known = results.Select(NameOf).Intersect(misses).Order();
            Assert.True(failed.Select(NameOf).Order().SequenceEqual(known), string.Join('\n', failed));
        }
        finally
        {
            origin.StandardInput.Close();
            if (!origin.WaitForExit(5_000)) origin.Kill();
        }
    }

    private static string KindOf(JsonElement result) => result.GetProperty("kind").GetString()!;

    private static string NameOf(JsonElement result) => result.GetProperty("id").GetString()!;
}
