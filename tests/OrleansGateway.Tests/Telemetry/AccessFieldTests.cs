using System.Diagnostics;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Tests.Telemetry;

public sealed class AccessFieldTests
{
    public static TheoryData<AccessField> Fields => [.. Enum.GetValues<AccessField>()];

    [Fact]
    public async Task Line_WithAllFields_HasEachFieldThereIs()
    {
        var line = await LineAsync(new AccessLogSettings { Output = "access.log" });
        Assert.Equal(Enum.GetValues<AccessField>().Select(Name), line.EnumerateObject().Select(m => m.Name));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task Line_WithOneField_HasThatOnly(AccessField field)
    {
        var line = await LineAsync(new AccessLogSettings { Output = "access.log", Fields = [field] });
        Assert.Equal(Name(field), Assert.Single(line.EnumerateObject()).Name);
    }

    [Fact]
    public async Task Line_OfATracedRequest_NamesItsSpan()
    {
        await using var fixture = new AccessLogFixture();
        var exchange = Samples.ExchangeOf("access.log", fixture.Time);
        using var span = NewSpan();
        exchange.Trace = new RequestTrace(span.Context, span, fromClient: false);
        var line = await fixture.OneLineAsync(exchange, _ => ValueTask.CompletedTask);
        Assert.Equal((span.TraceId.ToHexString(), span.SpanId.ToHexString()), (line.GetProperty("trace_id").GetString(), line.GetProperty("span_id").GetString()));
    }

    [Fact]
    public async Task Line_OfARequestThatIsNotSampled_NamesTheTraceOnly()
    {
        await using var fixture = new AccessLogFixture();
        var exchange = Samples.ExchangeOf("access.log", fixture.Time);
        exchange.Trace = new RequestTrace(new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None), null, false);
        var line = await fixture.OneLineAsync(exchange, _ => ValueTask.CompletedTask);
        Assert.Equal(exchange.Trace.TraceId.ToHexString(), line.GetProperty("trace_id").GetString());
        Assert.False(line.TryGetProperty("span_id", out _));
    }

    [Fact]
    public void Docs_OfTheAccessLog_NameEachField()
    {
        var page = File.ReadAllText(Repository.PathOf("docs/telemetry.md"));
        Assert.All(Enum.GetValues<AccessField>(), field => Assert.Contains($"`{Name(field)}`", page));
    }

    private static async Task<System.Text.Json.JsonElement> LineAsync(AccessLogSettings settings)
    {
        await using var fixture = new AccessLogFixture();
        var exchange = Samples.ExchangeOf(settings, fixture.Time);
        using var span = NewSpan();
        exchange.Trace = new RequestTrace(span.Context, span, fromClient: false);
        return await fixture.OneLineAsync(exchange, e =>
        {
            (e.Route, e.Call, e.Caller) = (new Route("main", new RouteSettings()), Samples.Call, Ada);
            e.Cache = CacheUse.Hit;
            e.Limits = new LimitFacts { HeldCost = 2_000_000_000, Cost = 1, RefusedBy = "budgets.b" };
            e.Forward = new ForwardFacts("origin") { Target = "10.0.0.1:80" };
            e.Call.FirstByteAt = fixture.Time.GetTimestamp();
            e.Call.UpstreamRequestId = "up-1";
            e.Http.Response.ContentLength = 7;
            e.Refuse(Refusal.BadGateway("broken"));
            return ValueTask.CompletedTask;
        });
    }

    private static Caller Ada => new()
    {
        KeyId = "key_1",
        Tenant = "acme",
        Team = "search",
        User = "ada",
        Models = new NamePatterns(["*"]),
        Routes = new NamePatterns(["*"]),
        Metadata = new Dictionary<string, string> { ["cost_center"] = "42" },
    };

    private static Activity NewSpan() => new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();

    private static string Name(AccessField field) => ScalarFormat.SnakeCase(field.ToString());
}
