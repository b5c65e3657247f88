namespace OrleansGateway.Limits;

/// <summary>The network that an address is in, as the text that names its account. An IPv4 address inside IPv6 counts as the IPv4 one.</summary>
internal static class AddressText
{
    /// <summary>First address of the network; none if there is no address.</summary>
    public static string? Of(IPAddress? address, int prefix4, int prefix6)
    {
        if (address is null) return null;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        bytes = bytes[..length];
        var prefix = length == 4 ? prefix4 : prefix6;
        if (prefix % 8 != 0) bytes[prefix / 8] &= (byte)(0xff00 >> (prefix % 8));
        bytes[((prefix + 7) / 8)..].Clear();
        return new IPAddress(bytes).ToString();
    }
}
