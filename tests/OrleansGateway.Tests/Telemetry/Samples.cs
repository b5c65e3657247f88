using Microsoft.AspNetCore.Http;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>Requests for the tests of what is recorded about requests.</summary>
internal static class Samples
{
    public const string Key = "sk-gw-0123456789abcdefghijklmnop";

    public static Snapshot SnapshotWith(string accessLog) => SnapshotWith(new AccessLogSettings { Output = accessLog });

    public static Exchange ExchangeOf(string accessLog, TimeProvider time, string id = "req-1") => ExchangeOf(new AccessLogSettings { Output = accessLog }, time, id);

    public static Exchange ExchangeOf(AccessLogSettings accessLog, TimeProvider time, string id = "req-1")
    {
        var http = new DefaultHttpContext();
        http.Request.Method = "POST";
        http.Request.Path = "/v1/chat/completions";
        http.Request.QueryString = new QueryString("?key=" + Key);
        http.Request.Headers.Authorization = "Bearer " + Key;
        http.Request.Headers["x-api-key"] = Key;
        http.Request.Headers.UserAgent = "test/1.0 (\"quoted\")";
        http.Request.ContentLength = 42;
        http.Connection.RemoteIpAddress = System.Net.IPAddress.Parse("::ffff:192.0.2.7");
        return new Exchange(http, SnapshotWith(accessLog), id, time.GetTimestamp());
    }

    private static Snapshot SnapshotWith(AccessLogSettings accessLog) => Snapshot.Compile(new GatewaySettings { AccessLog = accessLog }, sequence: 1, text: "");

    public static Caller Caller => new()
    {
        KeyId = "key_1",
        Tenant = "acme",
        Team = "search",
        Models = new NamePatterns(["*"]),
        Routes = new NamePatterns(["*"]),
        Metadata = new Dictionary<string, string> { ["cost_center"] = "42" },
    };

    public static CallFacts Call => new()
    {
        Model = "gpt",
        Provider = "openai",
        TargetModel = "gpt-4.1",
        Attempts = 2,
        Outcome = CallOutcome.Completed,
        Usage = new TokenUsage { Input = 10, CacheRead = 20, CacheWrite = 1, CacheWrite1h = 2, Output = 30, Reasoning = 5 },
        FinishReason = "stop",
    };
}
