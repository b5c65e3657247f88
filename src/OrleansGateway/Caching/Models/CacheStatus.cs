namespace OrleansGateway.Caching.Models;

/// <summary>Says in <c>Cache-Status</c> (RFC 9211) what the cache made of a call.</summary>
internal static class CacheStatus
{
    /// <param name="response">The client's answer, before its head has gone out.</param>
    /// <param name="parameters">What follows the cache's name.</param>
    public static void Write(HttpResponse response, string parameters) => response.Headers["Cache-Status"] = "gateway; " + parameters;
}
