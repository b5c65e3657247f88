using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Sdk;

/// <summary>
/// A gateway's configuration that offers the models of tests/sdk/README.md once for each kind of provider, by prefix: <c>fake-</c> from the built-in
/// provider, <c>openai-</c> and <c>anthropic-</c> from a reference provider.
/// </summary>
internal static class SdkGatewayYaml
{
    public const string ApiKey = "sdk-tests-key-of-no-worth-0123456789";

    private static readonly string[] s_kinds = ["openai", "anthropic"];

    private static readonly int[] s_statuses = [400, 429, 500, 503, 529];

    /// <summary>What a model is called at the reference provider, where that is not what clients call it.</summary>
    private static readonly Dictionary<string, string> s_models = new()
    {
        ["chat"] = "chat",
        ["tools"] = "tools",
        ["structured"] = "structured",
        ["embed"] = "embed",
        ["flaky"] = "flaky",
        ["limited"] = "limited",
        ["slow"] = "slow",
        // The provider breaks off; that it did is the gateway's to say.
        ["broken-stream"] = "cut-stream",
        ["error-stream"] = "error-stream",
        ["forbidden"] = "chat",
    };

    /// <summary>The configuration, on free ports.</summary>
    /// <param name="reference">Base address of a <see cref="Upstreams.ReferenceProvider"/>, with its version.</param>
    public static string Of(Uri reference) => $"""
        listeners: {Braced("data: [\"127.0.0.1:0\"], admin: \"127.0.0.1:0\"")}
        limits:
          request_body_max: 1MiB
        access_log:
          output: off
        tenants:
          sdk: {Braces}
        keys:
          sdk:
            tenant: sdk
            hash: {KeyHash.Of(ApiKey)}
            # All but the forbidden ones.
            models: [{string.Join(", ", Names.Where(name => !name.EndsWith("-forbidden", StringComparison.Ordinal)))}]
        providers:
        {Lines(s_kinds.Select(kind => $"  {kind}: {Braced($"kind: {kind}, base_url: \"{reference}\"")}"))}
        {Lines(Fakes.Select(fake => $"  fake-{fake.Name}: {Braced($"kind: fake, fake: {Braced(fake.Settings)}")}"))}
        models:
        {Lines(s_kinds.SelectMany(kind => ReferenceModels.Select(model => Model($"{kind}-{model.Key}", kind, model.Value))))}
        {Lines(Fakes.Select(fake => Model($"fake-{fake.Name}", $"fake-{fake.Name}", fake.Name)))}
        routes:
          default: {Braces}
        """;

    private static IEnumerable<KeyValuePair<string, string>> ReferenceModels =>
        s_models.Concat(s_statuses.Select(status => KeyValuePair.Create($"status-{status}", $"status-{status}")));

    private static IEnumerable<string> Names =>
        s_kinds.SelectMany(kind => ReferenceModels.Select(model => $"{kind}-{model.Key}")).Concat(Fakes.Select(fake => $"fake-{fake.Name}"));

    /// <summary>A fake provider for each model, as its faults are the provider's.</summary>
    private static IEnumerable<(string Name, string Settings)> Fakes =>
    [
        .. new[] { "chat", "tools", "structured", "embed", "forbidden" }.Select(name => (name, "")),
        ("flaky", "faults: [{ every: 2, status: 500 }]"),
        ("limited", "faults: [{ every: 2, status: 429, retry_after: 1 }]"),
        // A word a second: minutes, of which no test waits for more than the first word.
        ("slow", $"tokens_per_second: 1, reply: {string.Join(' ', Enumerable.Repeat("word", 300))}"),
        ("broken-stream", "faults: [{ cut_after_tokens: 3 }]"),
        ("error-stream", "faults: [{ cut_after_tokens: 3 }]"),
        .. s_statuses.Select(status => ($"status-{status}", $"faults: [{Braced($"status: {status}")}]")),
    ];

    private static string Model(string name, string provider, string model) =>
        $"  {name}: {Braced($"targets: [{Braced($"provider: {provider}, model: {model}")}]")}";

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);

    private static string Braced(string content) => "{ " + content + " }";

    private const string Braces = "{}";
}
