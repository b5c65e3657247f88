using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

/// <summary>A folder of its own for one test, with a configuration in it.</summary>
internal sealed class TestFolder : IDisposable
{
    /// <summary>The smallest configuration that uses every section.</summary>
    public const string Good =
        """
        tenants:
          acme:
            teams:
              core:
                users:
                  alice: {}
        keys:
          app:
            tenant: acme
            team: core
            user: alice
            secret: file:app-key
            models: ["gpt*", fast]
            routes: [default]
            metadata:
              cost-centre: "4711"
        providers:
          fake:
            kind: fake
            fake:
              delay: 20ms
              faults:
                - status: 503
                  retry_after: 2
          openai:
            kind: openai
            api_key: ${OPENAI_KEY}
            headers:
              x-team: core
            timeouts:
              connect: 2s
        models:
          fast:
            targets:
              - provider: openai
                model: gpt-4.1-mini
                weight: 3
              - provider: fake
            fallbacks:
              - provider: fake
        rate_limits:
          per-key:
            per: [key, model, "header:x-app", "tag:cost-centre"]
            match:
              tenants: [acme]
              models: ["*"]
            limit: 60
            burst: 20
            floors:
              high: 20
            boosts:
              - from: 2030-01-01T00:00:00Z
                until: 2030-01-02T00:00:00Z
                percent: 200
            overrides:
              - match:
                  keys: [app]
                limit: unlimited
        budgets:
          team:
            per: [team]
            limit: 12.50
            starts:
              day: 31
            mode: soft
            on_exceeded: degrade
            degrade_to: fast
            grace:
              percent: 10
            unpriced: free
            overrides:
              - match:
                  teams: [core]
                limit: 100
        routes:
          default:
            path: /

        """;

    public const string KeySecret = "key-secret-never-shown-0123456789";
    public const string OpenAIKey = "openai-key-never-shown-0123456789";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-config-").FullName;

    public TestFolder() => Write("app-key", KeySecret + "\n");

    public Dictionary<string, string> Environment { get; } = new() { ["OPENAI_KEY"] = OpenAIKey };

    public string ConfigPath => PathOf("gateway.yaml");

    public string PathOf(string name) => Path.Combine(_folder, name);

    public void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    public Reading Read(string yaml)
    {
        Write("gateway.yaml", yaml);
        return new ConfigurationReader(Environment.GetValueOrDefault).Read(ConfigPath);
    }

    /// <summary>The faults as <c>line:column path: message</c>.</summary>
    public string[] FaultsOf(string yaml)
    {
        var reading = Read(yaml);
        Assert.Equal(reading.Faults.Count == 0, reading.Settings is not null);
        return [.. reading.Faults.Select(f => $"{f.Line}:{f.Column} {f.Path}: {f.Message}")];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
