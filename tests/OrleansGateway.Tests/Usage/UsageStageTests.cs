using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Telemetry;
using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Usage;

public sealed class UsageStageTests : IDisposable
{
    private const string Duration = "gen_ai_server_request_duration_seconds";
    private const string Labels = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"gpt\"";

    private readonly ManualTime _time = new();
    private readonly GatewayMetrics _metrics = new();
    private readonly PrometheusText _prometheus;
    private readonly UsageStage _stage;

    public UsageStageTests()
    {
        _prometheus = new PrometheusText(_metrics);
        var records = new UsageRecords(new UsageIds(Guid.Empty, _time), Guid.Empty, _time);
        _stage = new UsageStage(new UsageMeter(new Billing(new TokenCounter()), records, new UsageBook(), new UsageTail(), NullLogger<UsageMeter>.Instance), _metrics, _time);
    }

    [Fact]
    public async Task Invoke_OfACompletedCall_BooksTokensAndTimes()
    {
        await _stage.InvokeAsync(Samples.ExchangeOf("off", _time), CallAsync);
        var text = Exposition.Of(_prometheus);
        Assert.Equal(30, text.Value("gateway_tokens_total{class=\"output\",model=\"gpt\",provider=\"openai\",tenant=\"acme\"}"));
        Assert.Equal(0.5, text.Value($"gen_ai_server_time_to_first_token_seconds_sum{{{Labels}}}"));
        Assert.Equal(2, text.Value($"{Duration}_sum{{{Labels},outcome=\"completed\"}}"));
    }

    [Fact]
    public async Task Invoke_OfACallThatEndsWithAnException_BooksWhatWasConsumed()
    {
        await Assert.ThrowsAsync<OperationCanceledException>(() => _stage.InvokeAsync(Samples.ExchangeOf("off", _time), async exchange =>
        {
            await CallAsync(exchange);
            exchange.Call!.Outcome = CallOutcome.ClientAborted;
            throw new OperationCanceledException();
        }).AsTask());
        var text = Exposition.Of(_prometheus);
        Assert.Equal(1, text.Value($"{Duration}_count{{{Labels},outcome=\"client_aborted\"}}"));
        Assert.Equal(10, text.Value("gateway_tokens_total{class=\"input\",model=\"gpt\",provider=\"openai\",tenant=\"acme\"}"));
    }

    [Fact]
    public async Task Invoke_OfACallThatNeverBegan_HasNoTimeToFirstToken()
    {
        await _stage.InvokeAsync(Samples.ExchangeOf("off", _time), exchange =>
        {
            exchange.Call = new CallFacts { Model = "gpt" };
            return ValueTask.CompletedTask;
        });
        var text = Exposition.Of(_prometheus);
        Assert.DoesNotContain("gen_ai_server_time_to_first_token_seconds", text.Types.Keys);
        Assert.Equal(1, text.Value($"{Duration}_count{{gen_ai_request_model=\"gpt\",outcome=\"refused\"}}"));
    }

    [Fact]
    public async Task Invoke_OfARequestThatIsNoCall_BooksNothing()
    {
        await _stage.InvokeAsync(Samples.ExchangeOf("off", _time), _ => ValueTask.CompletedTask);
        Assert.DoesNotContain(Duration, Exposition.Of(_prometheus).Types.Keys);
    }

    public void Dispose()
    {
        _prometheus.Dispose();
        _metrics.Dispose();
    }

    private ValueTask CallAsync(Exchange exchange)
    {
        exchange.Caller = Samples.Caller;
        exchange.Operation = "chat";
        exchange.Call = Samples.Call;
        _time.Advance(TimeSpan.FromSeconds(0.5));
        exchange.Call.FirstByteAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1.5));
        return ValueTask.CompletedTask;
    }
}
