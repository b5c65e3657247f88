using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

/// <summary>What of a file is a node's own, and what is for all nodes of its cluster.</summary>
public sealed class NodeSectionsTests
{
    private const string File = """
        # Of this node.
        state: /var/lib/gateway
        cluster:
          name: test   # same for all
          redis: ${REDIS}

          postgres: ${POSTGRES}
        listeners:
          data:
          - 127.0.0.1:0
        # For all.
        tenants: { acme: {} }   # one
        "telemetry": { traces: { endpoint: "http://127.0.0.1:4318" } }
        routes:
          default: { path: / }
        """;

    [Fact]
    public void Without_OfAWholeFile_LeavesTheRestAsItWasWritten() => Assert.Equal("""
        # Of this node.
        # For all.
        tenants: { acme: {} }   # one
        routes:
          default: { path: / }
        """, NodeSections.Without(File));

    [Theory]
    [InlineData("routes: { default: { path: / } }", "routes: { default: { path: / } }")]
    [InlineData("state: here\n", "")]
    [InlineData("{state: here, routes: { default: { path: / } }}", null)]
    [InlineData("state: &here here\ntenants: { acme: { name: *here } }\n", null)]
    [InlineData("clusters: {}\nstate: x", "clusters: {}")]
    [InlineData("state: x\r\nroutes: {}\r\n", "routes: {}\r\n")]
    public void Without_OfOtherTexts_IsWhatCanBeToldApart(string text, string? left) => Assert.Equal(left, NodeSections.Without(text));

    [Fact]
    public void Changes_NamesTheSectionsThatAreOtherThanTheFiles()
    {
        Assert.Empty(NodeSections.Changes(File, File));
        Assert.Empty(NodeSections.Changes("routes: { other: { path: /x } }", File));
        Assert.Empty(NodeSections.Changes("state: '/var/lib/gateway'", File));
        var faults = NodeSections.Changes("routes: {}\nstate: elsewhere\ncluster: { name: test, redis: \"***\", postgres: \"${POSTGRES}\" }", File);
        Assert.Equal([("state", 2)], faults.Select(f => (f.Path, f.Line)));
        Assert.Equal(["listeners"], NodeSections.Changes("listeners: {}", File).Select(f => f.Path));
    }

    [Fact]
    public void Digest_DiffersOnlyWithTheSectionsOfTheNode()
    {
        Assert.Equal(NodeSections.Digest(File), NodeSections.Digest(File.Replace("acme", "other", StringComparison.Ordinal)));
        Assert.NotEqual(NodeSections.Digest(File), NodeSections.Digest(File.Replace("127.0.0.1:0", "127.0.0.1:1", StringComparison.Ordinal)));
    }
}
