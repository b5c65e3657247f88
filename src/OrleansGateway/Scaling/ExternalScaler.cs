using Grpc.Core;
using OrleansGateway.Scaling.Wire;

namespace OrleansGateway.Scaling;

/// <summary>
/// KEDA's external scaler. It is asked for one figure, the replicas that there should be, of which one replica should have 1: so KEDA, and Kubernetes behind it, arrive at the number that the
/// policy has decided.
/// </summary>
/// <param name="watch">Says what there should be.</param>
/// <param name="stopping">Ends the streams.</param>
internal sealed class ExternalScaler(ScalingWatch watch, CancellationToken stopping) : Wire.ExternalScaler.ExternalScalerBase
{
    /// <summary>Name of the figure.</summary>
    public const string Metric = "desired_replicas";

    /// <summary>What the trigger's metadata calls the id of the target.</summary>
    public const string Target = "target";

    public override Task<IsActiveResponse> IsActive(ScaledObjectRef request, ServerCallContext context) =>
        Task.FromResult(new IsActiveResponse { Result = VerdictOf(request, watch.Current).IsActive });

    public override async Task StreamIsActive(ScaledObjectRef request, IServerStreamWriter<IsActiveResponse> responseStream, ServerCallContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping);
        bool? said = null;
        while (true)
        {
            var view = watch.Current;
            var isActive = VerdictOf(request, view).IsActive;
            if (isActive != said) await responseStream.WriteAsync(new IsActiveResponse { Result = isActive }, either.Token);
            said = isActive;
            try
            {
                await view.Replaced.WaitAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                // KEDA has hung up, or we stop: it then asks another.
                return;
            }
        }
    }

    public override Task<GetMetricSpecResponse> GetMetricSpec(ScaledObjectRef request, ServerCallContext context)
    {
        VerdictOf(request, watch.Current);
        return Task.FromResult(new GetMetricSpecResponse { MetricSpecs = { new MetricSpec { MetricName = Metric, TargetSize = 1, TargetSizeFloat = 1 } } });
    }

    public override Task<GetMetricsResponse> GetMetrics(GetMetricsRequest request, ServerCallContext context)
    {
        var replicas = VerdictOf(request.ScaledObjectRef ?? new ScaledObjectRef(), watch.Current).Replicas;
        if (request.MetricName != Metric) throw new RpcException(new Status(StatusCode.InvalidArgument, $"There is one metric here, {Metric}."));
        return Task.FromResult(new GetMetricsResponse { MetricValues = { new MetricValue { MetricName = Metric, MetricValue_ = replicas, MetricValueFloat = replicas } } });
    }

    /// <summary>Of the target that is named; of the only one if none is.</summary>
    private static ScalingVerdict VerdictOf(ScaledObjectRef asked, ScalingView view)
    {
        var id = asked.ScalerMetadata.TryGetValue(Target, out var named) ? named : view.Verdicts.Count == 1 ? view.Verdicts.Keys.Single() : null;
        if (id is null) throw new RpcException(new Status(StatusCode.InvalidArgument, $"Which of scaling.targets is meant? The trigger's metadata must have the field {Target}."));
        return view.Verdicts.TryGetValue(id, out var verdict) ? verdict : throw new RpcException(new Status(StatusCode.NotFound, $"There is no {id} among scaling.targets."));
    }
}
