using OrleansGateway.Audit;

namespace OrleansGateway.Tests.Storage;

/// <summary>Someone who changes something, where a test does not care who.</summary>
internal static class TestAudit
{
    public static AuditActor Actor { get; } = new("adm_of_a_test", "owner", "192.0.2.1", "req_1");

    public static AuditEntry Entry { get; } = new(DateTimeOffset.UnixEpoch, Actor, "test.change", "target", "acme", """{"a":1}""", """{"a":2}""");
}
