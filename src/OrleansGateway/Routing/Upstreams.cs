using System.Collections.Concurrent;
using OrleansGateway.Configuration;
using OrleansGateway.Models.Fake;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Routing;

/// <summary>
/// What carries requests to a provider: our own client for HTTP/1.1 without TLS, the platform's for all behind TLS, or the built-in fake one, which counts
/// its requests over reloads.
/// </summary>
internal sealed class Upstreams(Http1Upstream http, HttpUpstream https, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, FakeCounter> _fakes = [];

    public IUpstream For(Provider provider) => provider.Kind == ProviderKind.Fake
        ? new FakeUpstream(provider.Settings.Fake ?? new FakeSettings(), _fakes.GetOrAdd(provider.Id, static _ => new FakeCounter()), time)
        : provider.BaseUrl.StartsWith("http:", StringComparison.Ordinal) ? http : https;
}
