namespace OrleansGateway.Tests.Sdk;

/// <summary>A server under test, as an SDK's user knows it. Offers the models of tests/sdk/README.md.</summary>
/// <param name="Url">Its root, without <c>/v1</c>.</param>
/// <param name="ApiKey">A key it accepts.</param>
/// <param name="ModelPrefix">Put before every model's name, where one server offers the models of several providers.</param>
internal sealed record SdkServer(Uri Url, string ApiKey, string ModelPrefix = "")
{
    /// <summary>More environment for the programs: <c>EXPECT_TEXT</c>, <c>BODY_MAX</c>, <c>CAPTURE</c>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Base address that OpenAI's SDKs are given.</summary>
    public Uri V1 => new(Url.ToString().TrimEnd('/') + "/v1");

    public string Model(string name) => ModelPrefix + name;
}
