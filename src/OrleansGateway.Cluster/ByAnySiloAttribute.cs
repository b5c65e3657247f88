using Orleans.Metadata;

namespace OrleansGateway.Cluster;

/// <summary>
/// Edges send calls of this grain by way of one silo after the other, as they do for stateless workers. By itself Orleans sends all calls of a grain by the same silo as long as that is a member, for
/// their order: one that stands still takes them all with it until it is evicted, those that are repeated too; and to the others there may be no connection yet when it leaves. Only for grains to
/// which order means nothing.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ByAnySiloAttribute : Attribute, IGrainPropertiesProviderAttribute
{
    public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) => properties[WellKnownGrainTypeProperties.Unordered] = "true";
}
