using System.Net.Http.Headers;
using System.Text;
using OrleansGateway.Tests.Forwarding;

namespace OrleansGateway.Tests.Caching.Consistency;

/// <summary>Invalidates by the admin API, by every kind of selector in turn.</summary>
internal sealed class Purges : IDisposable
{
    private readonly HttpClient _admin;
    private readonly string _host;

    private Purges(HttpClient admin, string host) => (_admin, _host) = (admin, host);

    public static Task<Purges> OfAsync(ForwardBed bed, CancellationToken cancellation)
    {
        var admin = new HttpClient { BaseAddress = bed.Gateway.AdminAddress };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bed.Gateway.Host.AdminToken.Fresh?.Reveal());
        return Task.FromResult(new Purges(admin, bed.Url.Authority));
    }

    /// <summary>Returns when it is acknowledged.</summary>
    public async Task InvalidateAsync(int key, int way, CancellationToken cancellation)
    {
        using var body = new StringContent(BodyOf(key, way), Encoding.UTF8, "application/json");
        using var response = await _admin.PostAsync(new Uri("/admin/v1/purge", UriKind.Relative), body, cancellation);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellation));
    }

    public void Dispose() => _admin.Dispose();

    private string BodyOf(int key, int way) => way switch
    {
        < 45 => $$"""{"tags": ["{{ConsistencyPlan.TagOf(key)}}"]}""",
        < 90 => $$"""{"urls": ["http://{{_host}}{{ConsistencyPlan.PathOf(key)}}"]}""",
        < 96 => $$"""{"tags": ["{{ConsistencyPlan.GroupOf(key)}}"]}""",
        < 98 => $$"""{"prefixes": ["http://{{_host}}{{ConsistencyPlan.PrefixOf(key)}}"]}""",
        < 99 => $$"""{"hosts": ["{{_host}}"]}""",
        _ => """{"all": true}""",
    };
}
