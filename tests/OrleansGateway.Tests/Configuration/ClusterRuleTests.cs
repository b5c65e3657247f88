using OrleansGateway.Configuration;
using OrleansGateway.Tests.Listeners;

namespace OrleansGateway.Tests.Configuration;

/// <summary>What is refused of a cluster's settings, and what of them may change while it runs.</summary>
public sealed class ClusterRuleTests
{
    private const string Rest = "redis: localhost, postgres: Host=localhost";

    [Theory]
    [InlineData("cache: {disk: {path: x}}", "cache.disk: Nodes of a cluster keep no answers on a disk")]
    [InlineData("cache: {memory: 1MiB}", null)]
    public void Disk_InACluster_IsRefused(string cache, string? fault) => AssertFault(Faults($"cluster: {{{Rest}}}\n{cache}"), fault);

    [Theory]
    [InlineData("cluster: {redis: localhost, postgres: Host=localhost}\ncache: {second_level: {}}", null)]
    [InlineData("cluster: {redis: localhost, postgres: Host=localhost}\ncache: {second_level: {redis_ca: \"not PEM\"}}", "cache.second_level.redis_ca: There is no root certificate in it")]
    [InlineData("cache: {second_level: {}}", "cache.second_level: Only edges of a cluster share what they store")]
    public void SecondLevel_WithoutACluster_IsRefused(string settings, string? fault) => AssertFault(Faults(settings), fault);

    [Theory]
    [InlineData("certificate: \"file:{0}.pem\", key: \"file:{0}.key\", ca: \"file:{1}\"", null)]
    [InlineData("certificate: \"file:{0}.pem\", key: \"file:{0}.key\"", "cluster.tls.ca: ")]
    [InlineData("certificate: \"file:{0}.pem\", key: \"file:{0}.key\", ca: \"file:{0}.pem\"", "cluster.tls.ca: There is no root certificate in it")]
    [InlineData("certificate: \"file:{0}.pem\", key: \"file:{1}\", ca: \"file:{1}\"", "cluster.tls.key: The key cannot be used")]
    [InlineData("certificate: \"file:{0}.key\", key: \"file:{0}.key\", ca: \"file:{1}\"", "cluster.tls.certificate: There is no certificate in it")]
    public void Tls_WithFilesThatDoNotFit_IsRefused(string tls, string? fault)
    {
        using var certificates = new TestCertificates();
        certificates.WriteNode("node");
        var files = tls.Replace("{0}", certificates.PathOf("node"), StringComparison.Ordinal).Replace("{1}", certificates.PathOf("ca.pem"), StringComparison.Ordinal);
        AssertFault(Faults($"cluster: {{{Rest}, tls: {{{files}}}}}"), fault);
    }

    [Fact]
    public void Changed_ForNewCertificatesAndForNone_IsOnlyTheLatter()
    {
        var first = new ClusterSettings { Tls = new ClusterTlsSettings { Ca = new Secret("one") } };
        Assert.False(ClusterSettings.Changed(first, new ClusterSettings { Tls = first.Tls }));
        Assert.False(ClusterSettings.Changed(first, first with { Tls = new ClusterTlsSettings { Ca = new Secret("two") } }));
        Assert.True(ClusterSettings.Changed(first, first with { Tls = null }));
        Assert.True(ClusterSettings.Changed(first, first with { RedisCa = new Secret("one") }));
    }

    private static IReadOnlyList<Fault> Faults(string yaml)
    {
        using var folder = new TestFolder();
        return folder.Read(yaml + "\nroutes: {default: {path: /}}\nproviders: {fake: {kind: fake}}\nmodels: {free: {targets: [{provider: fake}]}}").Faults;
    }

    private static void AssertFault(IReadOnlyList<Fault> faults, string? fault)
    {
        if (fault is null) Assert.Empty(faults);
        else Assert.Contains(fault, Assert.Single(faults).ToString(), StringComparison.Ordinal);
    }
}
