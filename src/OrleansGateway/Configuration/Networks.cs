namespace OrleansGateway.Configuration;

/// <summary>Networks that an address may be in.</summary>
internal sealed class Networks
{
    private readonly IPNetwork[] _all;

    private Networks(IReadOnlyList<IPNetwork> networks) => _all = [.. networks];

    /// <summary>The networks listed; none if the list is empty.</summary>
    public static Networks? Of(IReadOnlyList<IPNetwork> networks) => networks.Count == 0 ? null : new Networks(networks);

    /// <summary>Whether the address is in one of them. An IPv4 address inside IPv6 counts as the IPv4 one.</summary>
    public bool Contain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        foreach (var network in _all)
        {
            if (network.Contains(address)) return true;
        }

        return false;
    }
}
