using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace OrleansGateway.Http.Listening;

/// <summary>Kestrel's way in. The context is kept with its connection and used again for the next request on it.</summary>
/// <param name="pipeline">The stages.</param>
/// <param name="altSvc">Says where else the listener is reached (RFC 7838); nothing if nowhere.</param>
internal sealed class StageApplication(Pipeline pipeline, Func<string?> altSvc) : IHttpApplication<DefaultHttpContext>
{
    public DefaultHttpContext CreateContext(IFeatureCollection features)
    {
        if (features is not IHostContextContainer<DefaultHttpContext> container) return new DefaultHttpContext(features);
        if (container.HostContext is { } used)
        {
            used.Initialize(features);
            return used;
        }

        return container.HostContext = new DefaultHttpContext(features);
    }

    public Task ProcessRequestAsync(DefaultHttpContext context)
    {
        if (altSvc() is { } other) context.Response.Headers.AltSvc = other;
        return pipeline.ServeAsync(context).AsTask();
    }

    public void DisposeContext(DefaultHttpContext context, Exception? exception) => context.Uninitialize();
}
