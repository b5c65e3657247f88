using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace OrleansGateway.Tests.Deploy;

/// <summary>The compose files are what Compose says that they are, and what stands in them is what the gateway reads.</summary>
public sealed partial class ComposeTests : IDisposable
{
    private const string Cluster = "deploy/compose/docker-compose.yml";

    private readonly DirectoryInfo _secrets = Directory.CreateTempSubdirectory("gateway-secrets-");

    public void Dispose() => _secrets.Delete(recursive: true);

    [Theory(Timeout = 120_000)]
    [InlineData(Cluster)]
    [InlineData("docker-compose.yml")]
    public async Task File_ByComposeItself_IsValid(string file)
    {
        // Compose 1, which Debian has, checks all but the name of the whole.
        var text = Name().Replace(Tool.TextOf(file), "").Replace("${GATEWAY_DEMO_KEY:?set it to a key of at least 20 characters}", "key", StringComparison.Ordinal);
        var (exit, output) = await Tool.RunAsync("docker-compose", Path.GetDirectoryName(file)!, text, ["-f", "-", "config", "-q"]);
        Assert.True(exit == 0, output);
    }

    [Fact(Timeout = 60_000)]
    public async Task MakeSecrets_ForAllThatIsNamed_MakesEachOnce()
    {
        await MakeSecretsAsync();
        var made = _secrets.GetFiles().ToDictionary(f => f.Name, f => File.ReadAllText(f.FullName));
        Assert.All(SecretFile().Matches(Tool.TextOf(Cluster)), m => Assert.Contains(m.Groups[1].Value, made.Keys));
        Assert.All(made.Where(f => f.Key.EndsWith("-password", StringComparison.Ordinal) || f.Key.EndsWith("-key", StringComparison.Ordinal)), f => Assert.Equal(64, f.Value.Length));
        await MakeSecretsAsync();
        Assert.Equal(made, _secrets.GetFiles().ToDictionary(f => f.Name, f => File.ReadAllText(f.FullName)));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("gateway.yaml")]
    [InlineData("provider.yaml")]
    public async Task Configuration_WithTheSecretsMade_IsValid(string name)
    {
        await MakeSecretsAsync();
        var text = Tool.TextOf("deploy/compose/" + name).Replace("/run/secrets", _secrets.FullName, StringComparison.Ordinal);
        GatewayText.AssertValid(text, variable => variable == "NODE_ADDRESS" ? "172.30.77.11" : null);
    }

    [Fact]
    public void Services_OfTheCluster_AreHardenedAndBounded()
    {
        var merged = new MergingParser(new Parser(new StringReader(Tool.TextOf(Cluster))));
        var services = (Dictionary<object, object>)new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(merged)["services"];
        Assert.All(services, entry =>
        {
            var service = (Dictionary<object, object>)entry.Value;
            Assert.True((string)service["read_only"] == "true", $"{entry.Key} can write to its root");
            Assert.Equal(["ALL"], (List<object>)service["cap_drop"]);
            Assert.Equal(["no-new-privileges:true"], (List<object>)service["security_opt"]);
            Assert.DoesNotContain((string)service["user"], (string[])["root", "0", "0:0"]);
            Assert.All((string[])["mem_limit", "pids_limit", "healthcheck"], key => Assert.True(service.ContainsKey(key), $"{entry.Key} has no {key}"));
            if (service.TryGetValue("ports", out var ports)) Assert.All((List<object>)ports, port => Assert.StartsWith("127.0.0.1:", (string)port));
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task Balancer_ByHaproxyItself_IsValid()
    {
        var (exit, output) = await Tool.RunAsync("haproxy", "deploy/compose", "-c", "-f", "haproxy.cfg");
        Assert.True(exit == 0, output);
    }

    private async Task MakeSecretsAsync()
    {
        var (exit, output) = await Tool.RunAsync("bash", "deploy/compose", "make-secrets", _secrets.FullName);
        Assert.True(exit == 0, output);
    }

    [GeneratedRegex(@"^name: .*\n", RegexOptions.Multiline)]
    private static partial Regex Name();

    [GeneratedRegex(@"\./secrets/([\w.-]+)")]
    private static partial Regex SecretFile();
}
