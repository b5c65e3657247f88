using System.Reflection;
using OrleansGateway.Cluster.Owners;

namespace OrleansGateway.Cluster.Tests;

/// <summary>
/// What nodes say to each other. Nodes of two versions do during an upgrade: a field keeps its id and type for ever, a new one takes the next id, and one that is not needed any more
/// leaves its id unused. So lines below are added, not changed.
/// </summary>
public sealed class WireContractTests
{
    private const string Frozen = """
        gateway.account: 0 String, 1 String
        gateway.account-row: 0 gateway.account, 1 Int64, 2 Int64, 3 Int64, 4 Int64, 5 Int64, 6 Int32, 7 DateTimeOffset?, 8 DateTimeOffset?
        gateway.account-view: 0 gateway.account, 1 Byte, 2 Byte, 3 Int64, 4 Int64, 5 Int64, 6 Int64, 7 Int64, 8 Int64, 9 Int64, 10 Boolean, 11 TimeSpan, 12 gateway.holder[]
        gateway.budget-act: 0 String, 1 Byte, 2 gateway.account, 3 Int64, 4 String, 5 String, 6 Int32, 7 DateTimeOffset?, 8 Boolean, 9 Guid, 10 String, 11 Int64, 12 Int64, 13 DateTimeOffset
        gateway.budget-act-result: 0 String, 1 gateway.account-row, 2 gateway.account-row
        gateway.findings: 0 Guid, 1 Boolean, 2 gateway.found-lease[], 3 gateway.found-hold[]
        gateway.found-hold: 0 String, 1 gateway.account, 2 Int64, 3 Int64
        gateway.found-lease: 0 gateway.account, 1 Int64, 2 Int64, 3 Int64
        gateway.heard: 0 Int64, 1 Int64, 2 Boolean, 3 gateway.invalidation[]
        gateway.hearing: 0 Guid, 1 Int64?
        gateway.holder: 0 Guid, 1 Int64, 2 Int64, 3 Int64, 4 Int64, 5 Int64, 6 Boolean
        gateway.invalidation: 0 String, 1 Int64, 2 gateway.selector[], 3 Byte
        gateway.invalidation-receipt: 0 Int64, 1 Boolean
        gateway.invalidation-request: 0 String, 1 gateway.selector[], 2 Byte, 3 String
        gateway.lease-grant: 0 gateway.account, 1 Int64, 2 Int64, 3 Int64, 4 TimeSpan, 5 Boolean, 6 Int64, 7 Int64
        gateway.lease-reply: 0 Int64, 1 Int64, 2 Boolean, 3 Boolean, 4 gateway.lease-grant[], 5 gateway.take-result[]
        gateway.lease-report: 0 gateway.account, 1 Int64, 2 Int64, 3 Int64, 4 Int64, 5 Int64, 6 Boolean, 7 Int64
        gateway.lease-request: 0 Guid, 1 Int64, 2 Int64, 3 Boolean, 4 gateway.lease-report[], 5 gateway.take-request[], 6 Boolean
        gateway.near-slice: 0 gateway.account-view[], 1 Int32, 2 Int32?
        gateway.node-load: 0 Boolean, 1 Int64, 2 TimeSpan, 3 Double, 4 TimeSpan
        gateway.owner-view: 0 Int64, 1 Boolean, 2 gateway.account-view[]
        gateway.selector: 0 Byte, 1 String
        gateway.take-item: 0 gateway.account, 1 Int64, 2 Int64
        gateway.take-request: 0 Int64, 1 gateway.take-item[], 2 Byte, 3 TimeSpan
        gateway.take-result: 0 Int64, 1 gateway.account?, 2 Byte, 3 TimeSpan
        gateway.invalidation-hub.hear(gateway.hearing) gateway.heard
        gateway.invalidation-hub.leave(Guid)
        gateway.invalidation-hub.publish(gateway.invalidation-request[]) gateway.invalidation-receipt[]
        gateway.lease-owner.act(gateway.budget-act) gateway.budget-act-result
        gateway.lease-owner.near(Int32, Int32, Int32) gateway.near-slice
        gateway.lease-owner.recover(gateway.findings)
        gateway.lease-owner.send(gateway.lease-request) gateway.lease-reply
        gateway.lease-owner.view() gateway.owner-view
        gateway.node-loads.share(Guid, gateway.node-load) gateway.node-load[]
        """;

    private static readonly Type[] s_types = typeof(ILeaseOwnerGrain).Assembly.GetTypes();

    [Fact]
    public void Wire_OfThisVersion_IsThatOfAllVersions()
    {
        var types = s_types.Where(t => t.GetCustomAttribute<GenerateSerializerAttribute>() is not null).Select(Describe).Order(StringComparer.Ordinal);
        var grains = s_types.Where(t => t.IsInterface && typeof(IGrain).IsAssignableFrom(t)).SelectMany(Calls).Order(StringComparer.Ordinal);
        Assert.Equal(Frozen.Split('\n').Order(StringComparer.Ordinal), types.Concat(grains).Order(StringComparer.Ordinal));
    }

    private static string Describe(Type type)
    {
        var fields = type.GetProperties().Select(p => (Id: p.GetCustomAttribute<IdAttribute>()?.Id, Type: NameOf(p.PropertyType))).Where(f => f.Id is not null).OrderBy(f => f.Id);
        return $"{NameOf(type)}: {string.Join(", ", fields.Select(f => $"{f.Id} {f.Type}"))}";
    }

    private static IEnumerable<string> Calls(Type grain) => grain.GetMethods().Select(m =>
    {
        var asked = m.GetParameters().Select(p => p.ParameterType).Where(t => t != typeof(CancellationToken)).Select(NameOf);
        var answer = m.ReturnType.GenericTypeArguments is [var type] ? " " + NameOf(type) : "";
        return $"{NameOf(grain)}.{m.GetCustomAttribute<AliasAttribute>()!.Alias}({string.Join(", ", asked)}){answer}";
    });

    private static string NameOf(Type type) =>
        Nullable.GetUnderlyingType(type) is { } value ? NameOf(value) + "?"
        : type.IsArray ? NameOf(type.GetElementType()!) + "[]"
        : type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.Name;
}
