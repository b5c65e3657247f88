using OrleansGateway.Configuration;
using OrleansGateway.Leases;
using OrleansGateway.Models;

namespace OrleansGateway.Limits;

/// <summary>
/// The most that a model call can take, known before it is sent: at whichever of its model's targets and fallbacks it is dearest. What it does take is never more, as long as the
/// prices are right and the provider keeps to <see cref="OutputTokens"/>.
/// </summary>
/// <param name="Model">Which model.</param>
/// <param name="InputTokens">Bound of the input tokens.</param>
/// <param name="OutputTokens">Most output tokens, of all answers together.</param>
/// <param name="Answers">Answers wanted: each has its share of the output.</param>
/// <param name="IsOutputOfClient">Whether the client has named the bound of the output; if not, it is the model's <c>max_output_tokens</c>, and must be sent along to hold.</param>
/// <param name="Searches">Most searches of the web that the provider makes.</param>
/// <param name="Tariff">What the caller's tenant is billed; none if that is the cost.</param>
internal readonly record struct WorstCase(
    Model Model, long InputTokens, long OutputTokens, long Answers, bool IsOutputOfClient, long Searches = 0, Tariff? Tariff = null)
{
    /// <summary>Money, in nano-dollars, for all of the output.</summary>
    public long Cost => CostFor(OutputTokens);

    /// <summary>The worst case of a call as it came. Reads its body once.</summary>
    public static WorstCase Of(ModelCall call) => Of(call.Entry, call.Endpoint.Action, call.Body.Span);

    /// <summary>The worst case, for another model than that asked for: one that a budget degrades to.</summary>
    public static WorstCase Of(Model model, ModelAction action, ReadOnlySpan<byte> body)
    {
        // Counting tokens costs nothing, with every provider.
        if (action is not (ModelAction.ChatCompletions or ModelAction.Messages or ModelAction.Embeddings)) return new WorstCase(model, 0, 0, 1, IsOutputOfClient: true);
        var size = CallSize.Read(body);
        var input = size.InputTokens(model.Settings.ImageTokensMax, model.Settings.InputTokensMax);
        if (action == ModelAction.Embeddings) return new WorstCase(model, input, 0, 1, IsOutputOfClient: true);
        var answers = action == ModelAction.ChatCompletions ? size.Answers : 1;
        var output = Int128.Min(long.MaxValue, (Int128)(size.MaxOutputTokens ?? model.Settings.MaxOutputTokens) * answers);
        return new WorstCase(model, input, (long)output, answers, size.MaxOutputTokens is not null, size.IsOpenEnded ? model.Settings.WebSearchesMax : 0);
    }

    /// <summary>Money, in nano-dollars, for the input and so much output: the dearest of all targets and fallbacks.</summary>
    public long CostFor(long outputTokens)
    {
        var dearest = 0L;
        foreach (var target in Model.Targets) dearest = Math.Max(dearest, CostAt(target, outputTokens));
        foreach (var target in Model.Fallbacks) dearest = Math.Max(dearest, CostAt(target, outputTokens));
        return dearest;
    }

    /// <summary>How many output tokens so many nano-dollars buy for sure, after the input, wherever it goes; 0 if they do not buy the input.</summary>
    public long OutputFor(long nanos)
    {
        var least = long.MaxValue;
        foreach (var target in Model.Targets) least = Math.Min(least, OutputAt(target, nanos));
        foreach (var target in Model.Fallbacks) least = Math.Min(least, OutputAt(target, nanos));
        return least;
    }

    /// <summary>As what accounts take, with so much of the output.</summary>
    /// <param name="weight">How much the request counts: <see cref="RuleTable.WeightOf"/>.</param>
    /// <param name="outputTokens">Output held: all, or a slice of it.</param>
    public Amounts With(long weight, long outputTokens) => new()
    {
        Requests = weight,
        Concurrency = weight,
        InputTokens = InputTokens,
        OutputTokens = outputTokens,
        Cost = CostFor(outputTokens),
    };

    private long CostAt(Target target, long outputTokens) =>
        target.BilledPrice(Tariff, Model.Name) is { } price ? Prices.Cost.AtMost(price, InputTokens, outputTokens, Searches) : 0;

    private long OutputAt(Target target, long nanos) =>
        target.BilledPrice(Tariff, Model.Name) is { } price ? Prices.Cost.OutputFor(price, nanos, InputTokens, Searches) : long.MaxValue;
}
