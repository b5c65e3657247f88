using System.IO.Pipelines;
using OrleansGateway.Upstream;

namespace OrleansGateway.Tests.Transport;

/// <summary>Requests whose body passes through.</summary>
internal static class Passing
{
    public static UpstreamRequest Post(Uri uri, RequestStream stream, UpstreamAccess? access = null) => Request(HttpMethod.Post, uri, stream, access);

    public static UpstreamRequest Request(HttpMethod method, Uri uri, RequestStream? stream = null, UpstreamAccess? access = null, string? target = null) => new()
    {
        Method = method,
        Uri = uri,
        Target = target,
        Stream = stream,
        Access = access ?? UpstreamAccess.Default,
        ConnectTimeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>A body that is whole from the beginning.</summary>
    public static RequestStream Whole(byte[] body, bool awaitsContinue = false) =>
        new(PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>(body))) { Length = body.Length, AwaitsContinue = awaitsContinue };
}
