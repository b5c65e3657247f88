using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Sdk;

/// <summary>The SDKs talking straight to the reference provider: what they ask of the gateway is what a provider gives them.</summary>
public sealed class ReferenceProviderSdkTests : SdkContract
{
    private MockUpstream _upstream = null!;

    internal override async Task<SdkServer> StartAsync()
    {
        _upstream = await MockUpstream.StartAsync(new ReferenceProvider().Handle);
        return new SdkServer(_upstream.Url, "reference-key");
    }

    internal override ValueTask StopAsync() => _upstream.DisposeAsync();
}
