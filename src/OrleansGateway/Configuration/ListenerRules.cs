namespace OrleansGateway.Configuration;

/// <summary>No two listeners may want the same address.</summary>
internal static class ListenerRules
{
    private const string Owner = "listeners";

    public static void Check(ListenerSettings listeners, Findings findings)
    {
        for (var i = 0; i < listeners.Data.Count; i++)
        {
            var clash = listeners.Data.Take(i).FirstOrDefault(other => Clash(other, listeners.Data[i]));
            var list = SettingPath.Field(Owner, "data");
            if (clash is not null) findings.ReportAt(SettingPath.Item(list, i), list, $"This address and {clash}, listed before, cannot both be listened on.");
        }

        if (listeners.Data.FirstOrDefault(data => Clash(data, listeners.Admin)) is { } taken)
        {
            findings.Report(Owner, "admin", $"The admin address {listeners.Admin} and the data address {taken} cannot both be listened on.");
        }
    }

    // Port 0 takes a free port each time. An address of all zeros takes the port on every address.
    private static bool Clash(IPEndPoint? a, IPEndPoint? b) =>
        a is not null && b is not null && a.Port != 0 && a.Port == b.Port && (a.Address.Equals(b.Address) || IsAny(a) || IsAny(b));

    private static bool IsAny(IPEndPoint endPoint) => endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any);
}
