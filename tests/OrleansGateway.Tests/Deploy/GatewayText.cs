using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Deploy;

/// <summary>Configurations of the gateway that stand in other files.</summary>
internal static class GatewayText
{
    public static void AssertValid(string text, Func<string, string?> environment)
    {
        var reading = new ConfigurationReader(environment).Read(Path.Combine(Path.GetTempPath(), "gateway.yaml"), text);
        Assert.True(reading.Faults.Count == 0, $"{string.Join('\n', reading.Faults)}\n{text}");
    }
}
