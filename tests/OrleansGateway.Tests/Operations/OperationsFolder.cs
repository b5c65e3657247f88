namespace OrleansGateway.Tests.Operations;

/// <summary>A folder of its own for one test, with a <c>gateway.yaml</c> that can be rewritten so that the file watch does not see it.</summary>
internal sealed class OperationsFolder : IDisposable
{
    /// <summary>A key of the tenant <c>acme</c> that the configuration has.</summary>
    public const string Key = "test-key-0123456789-0123456789";

    /// <summary>The provider's key that the configuration has.</summary>
    public const string ProviderKey = "provider-key-9876543210-9876543210";

    private const int Length = 4096;
    private static readonly DateTime WrittenAt = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-operations-");

    /// <param name="provider">Base address of the provider <c>mock</c>, which serves the model <c>slow</c>; the model <c>quick</c> is served by a fake one.</param>
    /// <param name="more">Further sections.</param>
    public OperationsFolder(Uri? provider = null, string more = "") => Write(Yaml(provider, more));

    public string Path => _folder.FullName;

    public static string Yaml(Uri? provider, string more, string data = "127.0.0.1:0") => $$"""
        listeners: {data: ["{{data}}"], admin: "127.0.0.1:0"}
        access_log: {output: access.log}
        tenants: {acme: {} }
        keys: {test: {tenant: acme, secret: {{Key}} } }
        routes: {default: {path: /} }
        providers:
          fake: {kind: fake}
          mock: {kind: openai, base_url: "{{provider ?? new Uri("http://127.0.0.1:9")}}", api_key: {{ProviderKey}} }
        models:
          quick: {targets: [{provider: fake}]}
          slow: {targets: [{provider: mock}]}
        {{more}}

        """;

    /// <summary>
    /// Writes the configuration, always of one length and of one age: the watch of the running gateway, which goes by these, sees no change, so that only
    /// the signal can have reloaded it.
    /// </summary>
    public void Write(string yaml)
    {
        File.WriteAllText(PathOf("gateway.yaml"), yaml.PadRight(Length, '\n'));
        File.SetLastWriteTimeUtc(PathOf("gateway.yaml"), WrittenAt);
    }

    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
