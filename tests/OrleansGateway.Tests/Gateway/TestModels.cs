using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Gateway;

/// <summary>Compiled models for tests of what is done with them.</summary>
internal static class TestModels
{
    public static Model Of((string Model, int Weight)[] targets, string[] fallbacks)
    {
        var settings = new GatewaySettings
        {
            Providers = new Dictionary<string, ProviderSettings> { ["p"] = new() { Kind = ProviderKind.Fake } },
            Models = new Dictionary<string, ModelSettings>
            {
                ["m"] = new()
                {
                    Targets = [.. targets.Select(t => new TargetSettings { Provider = "p", Model = t.Model, Weight = t.Weight })],
                    Fallbacks = [.. fallbacks.Select(f => new FallbackSettings { Provider = "p", Model = f })],
                },
            },
        };
        return Snapshot.Compile(settings, 1, "").Models["m"];
    }
}
