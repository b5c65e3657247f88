using System.Text.RegularExpressions;

namespace OrleansGateway.Admin.Insights;

/// <summary>
/// Which names at several vendors mean the same model: <c>us.anthropic.claude-sonnet-4-5-20250929-v1:0</c> at Bedrock is <c>claude-sonnet-4-5</c> at Anthropic,
/// <c>meta.llama3-3-70b-instruct-v1:0</c> is Groq's <c>llama-3.3-70b-versatile</c>. Two names that differ in anything else stay two models, such as those with <c>turbo</c>, whose
/// weights have fewer bits.
/// </summary>
internal static partial class ModelNames
{
    /// <summary>What names of the same model have in common.</summary>
    public static string Common(string name)
    {
        var text = name.ToLowerInvariant().Trim('*');
        text = Region().Replace(text, "");
        text = text[(text.LastIndexOf('/') + 1)..];
        text = Maker().Replace(text, "");
        text = Version().Replace(text, "");
        text = Date().Replace(text, "");
        text = Point().Replace(text, "-");
        text = Llama().Replace(text, "llama-");
        return Tuned().Replace(text, "");
    }

    [GeneratedRegex(@"^(us-gov|us|eu|apac|jp|au|global|regional)\.")]
    private static partial Regex Region();

    // As Bedrock names them. "gpt-4.1" has a point, too.
    [GeneratedRegex(@"^(anthropic|meta|mistral|deepseek|openai|qwen|cohere|google|moonshotai|minimax|zai)\.")]
    private static partial Regex Maker();

    [GeneratedRegex(@"-v[0-9]+(:[0-9]+)?$")]
    private static partial Regex Version();

    [GeneratedRegex("([-@][0-9]{8}|-[0-9]{4}-[0-9]{2}-[0-9]{2}|@[a-z]+)$")]
    private static partial Regex Date();

    // Fireworks writes 3p3 for 3.3.
    [GeneratedRegex(@"\.|(?<=[0-9])p(?=[0-9])")]
    private static partial Regex Point();

    [GeneratedRegex("^(meta-)?llama-?v?(?=[0-9])")]
    private static partial Regex Llama();

    // Nobody sells a call of the base models under the same name.
    [GeneratedRegex("-(instruct|versatile|latest)$")]
    private static partial Regex Tuned();
}
