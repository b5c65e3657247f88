using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansGateway.Scaling.Wire;

namespace OrleansGateway.Tests.Scaling;

/// <summary>A gRPC client that calls an external scaler as KEDA does: by the names of KEDA's protocol, written out here a second time.</summary>
internal sealed class KedaClient(Uri address, SocketsHttpHandler? handler = null) : IDisposable
{
    private const string Service = "externalscaler.ExternalScaler";

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler ?? new SocketsHttpHandler(), DisposeHttpClient = true });

    public async Task<bool> IsActiveAsync(ScaledObjectRef asked) => (await CallAsync<ScaledObjectRef, IsActiveResponse>("IsActive", asked)).Result;

    public Task<GetMetricSpecResponse> GetMetricSpecAsync(ScaledObjectRef asked) => CallAsync<ScaledObjectRef, GetMetricSpecResponse>("GetMetricSpec", asked);

    public Task<GetMetricsResponse> GetMetricsAsync(ScaledObjectRef asked, string metric) =>
        CallAsync<GetMetricsRequest, GetMetricsResponse>("GetMetrics", new GetMetricsRequest { ScaledObjectRef = asked, MetricName = metric });

    public IAsyncEnumerable<IsActiveResponse> StreamIsActive(ScaledObjectRef asked, CancellationToken cancellation) => _channel.CreateCallInvoker()
        .AsyncServerStreamingCall(MethodOf<ScaledObjectRef, IsActiveResponse>(MethodType.ServerStreaming, "StreamIsActive"), null, new CallOptions(cancellationToken: cancellation), asked)
        .ResponseStream.ReadAllAsync(cancellation);

    /// <summary>A call whose request and answer are the bytes themselves.</summary>
    public async Task<byte[]> CallAsync(string method, byte[] request)
    {
        var bytes = Marshallers.Create(static (byte[] b) => b, static b => b);
        using var call = _channel.CreateCallInvoker().AsyncUnaryCall(
            new Method<byte[], byte[]>(MethodType.Unary, Service, method, bytes, bytes), null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), request);
        return await call;
    }

    public void Dispose() => _channel.Dispose();

    private async Task<TAnswer> CallAsync<TRequest, TAnswer>(string method, TRequest request)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer>, new()
    {
        using var call = _channel.CreateCallInvoker().AsyncUnaryCall(
            MethodOf<TRequest, TAnswer>(MethodType.Unary, method), null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), request);
        return await call;
    }

    private static Method<TRequest, TAnswer> MethodOf<TRequest, TAnswer>(MethodType type, string name)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer>, new() => new(
            type, Service, name,
            Marshallers.Create<TRequest>(static request => request.ToByteArray(), static _ => throw new NotSupportedException()),
            Marshallers.Create<TAnswer>(static _ => throw new NotSupportedException(), static bytes => new MessageParser<TAnswer>(static () => new TAnswer()).ParseFrom(bytes)));
}
