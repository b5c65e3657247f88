using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Limits;
using OrleansGateway.Models;
using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Limits;

/// <summary>A configuration with rules, its table, and requests to ask it about.</summary>
internal sealed class RuleBed
{
    private const string Base =
        """
        tenants: { acme: {}, beta: {} }
        keys: { app: { tenant: acme, secret: 0123456789-0123456789 } }
        providers:
          fake: { kind: fake }
          other: { kind: fake }
        models:
          small: { targets: [ { provider: fake, price: { input: 1, output: 2 } } ], max_output_tokens: 100 }
          tiered: { targets: [ { provider: fake, price: { input: 1, output: 2, service_tiers: { flex: { percent: 50 }, priority: { input: 3, output: 20 } } } } ] }
          meta/large:
            request_weight: 4
            targets: [ { provider: fake, price: { input: 3, output: 10 } } ]
            fallbacks: [ { provider: other, price: { input: 2, output: 20, request: 0.01 } } ]
        upstreams: { shop: { targets: [ { url: "http://127.0.0.1:1" } ] } }
        routes:
          default: { path: / }
          shop: { path: /shop/, upstream: shop, request_weight: 3 }

        """;

    public static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public RuleBed(string rules)
    {
        using var folder = new TestFolder();
        var reading = folder.Read(Base + rules);
        Assert.Empty(reading.Faults);
        Snapshot = Snapshot.Compile(reading.Settings!, 1, reading.Text);
        Table = new RuleTable(Snapshot.Settings, Book, Now);
    }

    public Snapshot Snapshot { get; }
    public AccountBook Book { get; } = new();
    public RuleTable Table { get; }

    public static Caller Caller(string tenant, string? team = null, string? user = null, string key = "app", params (string Name, string Value)[] tags) => new()
    {
        KeyId = key, Tenant = tenant, Team = team, User = user, IsToken = key.StartsWith("jwt:", StringComparison.Ordinal),
        Models = new NamePatterns(["*"]), Routes = new NamePatterns(["*"]), Metadata = tags.ToDictionary(t => t.Name, t => t.Value),
    };

    public Exchange Request(Caller? caller, string? model = null, string route = "default", string address = "192.0.2.7", params (string Name, string Value)[] headers)
    {
        var http = new DefaultHttpContext();
        http.Request.Method = "POST";
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        foreach (var (name, value) in headers) http.Request.Headers[name] = value;
        var exchange = new Exchange(http, Snapshot, "r1", 0) { Caller = caller, Route = Snapshot.Routes.All.Single(r => r.Id == route) };
        if (model is not null) exchange.Call = CallOf(model, $$"""{"model":"{{model}}","messages":[]}""");
        return exchange;
    }

    public ModelCall CallOf(string model, string body, string path = "v1/chat/completions")
    {
        var http = new DefaultHttpContext();
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        var read = RequestBody.ReadAsync(http.Request, 1 << 20, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
        Assert.Null(RequestEnvelope.Read(read.Memory.Span, out var envelope));
        return new ModelCall(ModelEndpoint.At(path)!, read, envelope, Snapshot.Models[model]) { Model = model };
    }

    public string[] Before(Exchange exchange) => Names(Table.Before(exchange));

    public string[] After(Exchange exchange) => Names(Table.After(exchange));

    public static string[] Names(Applying applying) => [.. applying.Accounts.ToArray().Select(a => a.Id.ToString())];
}
