using System.Collections.Concurrent;
using OrleansGateway.Configuration;
using OrleansGateway.Models.Fake;
using OrleansGateway.Upstream;

namespace OrleansGateway.Routing;

/// <summary>What carries requests to a provider: a client for its address, or the built-in fake one, which counts its requests over reloads.</summary>
internal sealed class Upstreams(Carriers carriers, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, FakeCounter> _fakes = [];

    public IUpstream For(Provider provider) => provider.Kind == ProviderKind.Fake
        ? new FakeUpstream(provider.Settings.Fake ?? new FakeSettings(), _fakes.GetOrAdd(provider.Id, static _ => new FakeCounter()), time)
        : carriers.For(UpstreamAccess.Default, provider.Address);
}
