using Microsoft.AspNetCore.Http;
using OrleansGateway.Tests.Forwarding;

namespace OrleansGateway.Tests.Caching.Consistency;

/// <summary>
/// A server whose resources have a version each. It looks at the version as a request comes in and takes its time before it answers with it: what it says may be old by then, which is
/// what an invalidation must see to.
/// </summary>
internal sealed class VersionedOrigin(ConsistencyPlan plan, Random random)
{
    private readonly int[] _versions = new int[plan.Keys];
    private int _requests;

    /// <summary>How many requests have come.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The next version of a key, which all requests see that come from now on.</summary>
    public int Bump(int key) => Interlocked.Increment(ref _versions[key]);

    public Task<OriginServer> StartAsync() => OriginServer.StartAsync(AnswerAsync);

    private async Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _requests);
        var key = ConsistencyPlan.KeyOf(http.Request.Path);
        var version = Volatile.Read(ref _versions[key]);
        var (beforeHead, beforeBody) = plan.Delays(random);
        if (beforeHead > TimeSpan.Zero) await Task.Delay(beforeHead, http.RequestAborted);
        var headers = http.Response.Headers;
        var etag = $"\"{version}\"";
        headers.CacheControl = ConsistencyPlan.CacheControlOf(key);
        headers.ETag = etag;
        headers["Cache-Tag"] = ConsistencyPlan.TagsOf(key);
        headers["x-version"] = version.ToString(CultureInfo.InvariantCulture);
        if (http.Request.Headers.IfNoneMatch == etag)
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var body = Body(version);
        http.Response.ContentLength = body.Length;
        if (HttpMethods.IsHead(http.Request.Method)) return;
        await http.Response.Body.WriteAsync(body.AsMemory(0, plan.BodyBytes / 2), http.RequestAborted);
        if (beforeBody > TimeSpan.Zero)
        {
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await Task.Delay(beforeBody, http.RequestAborted);
        }

        await http.Response.Body.WriteAsync(body.AsMemory(plan.BodyBytes / 2), http.RequestAborted);
    }

    private byte[] Body(int version)
    {
        var body = new byte[plan.BodyBytes];
        body.AsSpan().Fill((byte)' ');
        version.TryFormat(body, out _, "d10", CultureInfo.InvariantCulture);
        version.TryFormat(body.AsSpan(plan.BodyBytes - 10), out _, "d10", CultureInfo.InvariantCulture);
        return body;
    }
}
