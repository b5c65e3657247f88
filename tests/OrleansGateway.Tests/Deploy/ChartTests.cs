using System.Text.RegularExpressions;
using OrleansGateway.Tests.Transport;
using YamlDotNet.Serialization;

namespace OrleansGateway.Tests.Deploy;

/// <summary>The chart is what Helm and Kubernetes say that charts and manifests are, and what it configures is what the gateway reads.</summary>
public sealed partial class ChartTests(Helm helm) : IClassFixture<Helm>
{
    private const string Folder = "deploy/helm/orleans-gateway/";

    /// <summary>Values that the chart is tried with: its own, and those in <c>ci</c>.</summary>
    public static TheoryData<string> Values =>
        ["values.yaml", .. Directory.EnumerateFiles(Repository.PathOf(Folder + "ci"), "*.yaml").Select(f => "ci/" + Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Values))]
    public async Task Chart_ByHelmItself_HasNoFault(string values)
    {
        var (exit, output) = await helm.RunAsync("lint", "--strict", "-f", values);
        Assert.True(exit == 0, output);
    }

    [Fact(Timeout = 180_000)]
    public async Task Manifests_ByKubernetesTypesAndSchemas_AreSome()
    {
        Assert.SkipUnless(Directory.Exists(Repository.PathOf("tests/deploy/node_modules")), "What checks manifests is not installed. Run: npm ci --prefix tests/deploy");
        var files = new List<string>();
        foreach (var values in Values) files.Add(await helm.RenderAsync("judged-" + Path.GetFileNameWithoutExtension(values.Data), "-f", values.Data));
        var (exit, faults) = await Tool.RunAsync("node", "tests/deploy", ["manifests.mjs", .. files]);
        Assert.True(exit == 0, faults);
    }

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Values))]
    public async Task Configuration_OfTheChart_IsValid(string values)
    {
        var map = (await ManifestsAsync("configured-" + Path.GetFileNameWithoutExtension(values), "-f", values)).Single(m => (string)m["kind"] == "ConfigMap");
        var text = (string)((Dictionary<object, object>)map["data"])["gateway.yaml"];
        // What Kubernetes would mount.
        foreach (var name in (string[])["redis", "postgres"])
        {
            var file = Path.Combine(helm.Folder, name);
            await File.WriteAllTextAsync(file, name, TestContext.Current.CancellationToken);
            text = text.Replace("/run/secrets/cluster/" + name, file, StringComparison.Ordinal);
        }

        var authority = new TestAuthority();
        using var pem = new PemFolder();
        var node = authority.Write(pem, "node");
        foreach (var (mounted, file) in ((string, string)[])[("tls.crt", node.Certificate), ("tls.key", node.Key), ("ca.crt", pem.Write("ca.pem", authority.Pem))])
            text = text.Replace("/run/secrets/nodes/" + mounted, file, StringComparison.Ordinal);
        GatewayText.AssertValid(text, variable => variable == "POD_IP" ? "10.1.2.3" : "a-secret-of-some-length");
    }

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(Values))]
    public async Task Pods_OfAllRoles_AreLockedDownAndOutliveTheirDrain(string values)
    {
        var sets = (await ManifestsAsync("pods-" + Path.GetFileNameWithoutExtension(values), "-f", values)).Where(m => (string)m["kind"] == "StatefulSet").ToArray();
        Assert.NotEmpty(sets);
        Assert.All(sets, set =>
        {
            var pod = At(set, "spec", "template", "spec");
            Assert.Equal("false", pod["automountServiceAccountToken"]);
            Assert.Equal("true", At(pod, "securityContext")["runAsNonRoot"]);
            Assert.Equal("RuntimeDefault", At(pod, "securityContext", "seccompProfile")["type"]);
            // The drain's 10 s + 30 s, 10 s to end connections, 20 s to hand owners over.
            Assert.Equal("70", pod["terminationGracePeriodSeconds"]);
            var container = (Dictionary<object, object>)((List<object>)pod["containers"]).Single();
            Assert.Equal("true", At(container, "securityContext")["readOnlyRootFilesystem"]);
            Assert.Equal("false", At(container, "securityContext")["allowPrivilegeEscalation"]);
            Assert.Equal(["ALL"], (List<object>)At(container, "securityContext", "capabilities")["drop"]);
            // Whoever serves clients has a log of usage, which must outlive the pod.
            Assert.Equal(Serves(container), At(set, "spec").ContainsKey("volumeClaimTemplates"));
        });
    }

    [Theory(Timeout = 60_000)]
    [InlineData("nodes.both.replicas=0", "an edge needs a silo")]
    [InlineData("nodes.both.replicas=0,nodes.silo.replicas=3", "nobody serves clients")]
    [InlineData("image.tagg=1", "tagg")]
    [InlineData("autoscaling.by=cpu", "autoscaling")]
    [InlineData("secretFiles.cluster.secret=own", "cluster")]
    [InlineData("autoscaling.by=keda,autoscaling.min=0", "needs by: keda, scaler.enabled")]
    public async Task Values_ThatCannotBeMeant_AreRefused(string set, string told)
    {
        var (exit, output) = await helm.RunAsync("template", "--set", set);
        Assert.NotEqual(0, exit);
        Assert.Contains(told, output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task SiloPort_InThePolicy_IsOpenToNodesOnly()
    {
        var policy = (await ManifestsAsync("policy")).Single(m => (string)m["kind"] == "NetworkPolicy");
        var rules = ((List<object>)At(policy, "spec")["ingress"]).Cast<Dictionary<object, object>>().ToArray();
        var silo = Assert.Single(rules, rule => PortsOf(rule).Contains("silo"));
        var from = (Dictionary<object, object>)Assert.Single((List<object>)silo["from"]);
        Assert.Equal(At(policy, "spec", "podSelector"), At(from, "podSelector"));
        Assert.All(rules.Where(rule => !rule.ContainsKey("from")), rule => Assert.Equal(["data"], PortsOf(rule)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Scaler_OfTheChart_IsWhereKedaAsks_AndOpenToKedaOnly()
    {
        var manifests = await ManifestsAsync("scaler", "-f", "ci/tls-scaler-values.yaml");
        var service = Assert.Single(manifests, m => (string)m["kind"] == "Service" && Name(m).EndsWith("-scaler", StringComparison.Ordinal));
        var trigger = (Dictionary<object, object>)Assert.Single((List<object>)At(manifests.Single(m => (string)m["kind"] == "ScaledObject"), "spec")["triggers"]);
        Assert.Equal("external-push", trigger["type"]);
        Assert.StartsWith(Name(service) + ".", (string)At(trigger, "metadata")["scalerAddress"], StringComparison.Ordinal);
        var rules = ((List<object>)At(manifests.Single(m => (string)m["kind"] == "NetworkPolicy"), "spec")["ingress"]).Cast<Dictionary<object, object>>();
        Assert.Equal(2, ((List<object>)Assert.Single(rules, r => PortsOf(r).Contains("scaler"))["from"]).Count);
    }

    private static string Name(Dictionary<object, object> manifest) => (string)At(manifest, "metadata")["name"];

    private static string[] PortsOf(Dictionary<object, object> rule) => [.. ((List<object>)rule["ports"]).Select(p => (string)((Dictionary<object, object>)p)["port"])];

    private static bool Serves(Dictionary<object, object> container) => !((List<object>)container["args"]).Contains("silo");

    private static Dictionary<object, object> At(Dictionary<object, object> from, params string[] path) => path.Aggregate(from, (at, name) => (Dictionary<object, object>)at[name]);

    private async Task<Dictionary<object, object>[]> ManifestsAsync(string label, params string[] arguments)
    {
        var text = await File.ReadAllTextAsync(await helm.RenderAsync(label, arguments), TestContext.Current.CancellationToken);
        var reader = new DeserializerBuilder().Build();
        return [.. Separator().Split(text).Select(reader.Deserialize<Dictionary<object, object>?>).OfType<Dictionary<object, object>>()];
    }

    [GeneratedRegex(@"^---\s*$", RegexOptions.Multiline)]
    private static partial Regex Separator();
}
