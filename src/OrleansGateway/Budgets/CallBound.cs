using OrleansGateway.Configuration;
using OrleansGateway.Leases;
using OrleansGateway.Limits;
using OrleansGateway.Models;

namespace OrleansGateway.Budgets;

/// <summary>The most that a call takes of its accounts, by the output tokens of each of its answers.</summary>
internal sealed class CallBound
{
    private readonly WorstCase _worst;

    private CallBound(in WorstCase worst, long answers, long weight) => (_worst, Answers, Weight) = (worst, answers, weight);

    /// <summary>How much it counts as a request.</summary>
    public long Weight { get; }

    /// <summary>Answers asked for; 0 where they have no output tokens.</summary>
    public long Answers { get; }

    /// <summary>Input tokens, at most.</summary>
    public long InputTokens => _worst.InputTokens;

    /// <summary>Most output tokens of an answer, as the client states it; none if it states none, or no number.</summary>
    public long? Stated => _worst is { IsOutputOfClient: true, OutputTokens: > 0 } ? _worst.OutputTokens / _worst.Answers : null;

    public static CallBound Of(Route route, ModelCall call, Tariff? tariff = null)
    {
        var worst = WorstCase.Of(call.Entry, call.Endpoint.Action, call.Body.Span) with { Tariff = tariff };
        // A number that is none to us may be one to the provider.
        var answers = call.Endpoint.Action == ModelAction.ChatCompletions ? Math.Max(worst.Answers, call.Envelope.Answers) : worst.Answers;
        return new CallBound(worst, worst.OutputTokens == 0 ? 0 : answers, RuleTable.WeightOf(route, call.Entry));
    }

    /// <summary>What the call takes if each answer has at most so many tokens.</summary>
    public Amounts At(long outputTokens) => _worst.With(Weight, Total(outputTokens));

    /// <summary>What the caller's tenant is billed for what a target does; none if nobody has said.</summary>
    public Price? BilledPrice(Target target) => target.BilledPrice(_worst.Tariff, _worst.Model.Name);

    /// <summary>Tokens and money that it takes more if answers have so many tokens, rather than fewer.</summary>
    public Amounts Between(long outputTokens, long fewer)
    {
        var (upper, lower) = (At(outputTokens), At(fewer));
        return new Amounts { OutputTokens = upper.OutputTokens - lower.OutputTokens, Cost = upper.Cost - lower.Cost };
    }

    /// <summary>Output tokens of each answer that so many units of an account are enough for; 0 if not even for the input.</summary>
    public long OutputFor(Dimension dimension, long units) => dimension switch
    {
        Dimension.OutputTokens => Share(units),
        Dimension.Tokens => Share(Math.Max(0, units - InputTokens)),
        Dimension.Cost => Share(_worst.OutputFor(units)),
        _ => long.MaxValue,
    };

    private long Share(long output) => output == long.MaxValue || Answers == 0 ? long.MaxValue : output / Answers;

    // Without overflow: so much is beyond every account.
    private long Total(long outputTokens) => (long)Int128.Min((Int128)outputTokens * Answers, long.MaxValue / 4);
}
