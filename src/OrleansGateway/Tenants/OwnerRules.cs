using OrleansGateway.Configuration;

namespace OrleansGateway.Tenants;

/// <summary>What a tenant, team or user made at run time may be like: as one stated in the configuration.</summary>
internal static class OwnerRules
{
    private const int NameLengthMax = 128;

    public static List<KeyFault> FaultsOf(OwnerId id, OwnerRequest request)
    {
        var faults = FaultsOf(id, new OwnerChange { Name = request.Name, Enabled = request.Enabled });
        if (request.Id is null) faults.Insert(0, new KeyFault("id", "Is needed."));
        else if (!NameRules.IsId(request.Id)) faults.Insert(0, new KeyFault("id", NameRules.BadId));
        return faults;
    }

    public static List<KeyFault> FaultsOf(OwnerId id, OwnerChange change)
    {
        var faults = new List<KeyFault>();
        // Control characters would let a name forge lines in a terminal or a log.
        if (change.Name is { } name && (name.Length is 0 or > NameLengthMax || name.Any(char.IsControl)))
            faults.Add(new KeyFault("name", $"Must be 1 to {NameLengthMax} characters, none of them a control character."));
        if (change.Enabled is not null && id.Team is not null) faults.Add(new KeyFault("enabled", "Only a tenant is enabled or not."));
        return faults;
    }
}
