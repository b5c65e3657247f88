using OrleansGateway.Configuration;
using OrleansGateway.Upstream;

namespace OrleansGateway.Models;

/// <summary>Stands between a provider's answer and whoever carries it to the client: there answers are kept, or shared with others who ask the same.</summary>
internal interface IAnswerTap
{
    /// <summary>The answer as it is to be carried on: the same, or one that reads it and disposes of it.</summary>
    UpstreamResponse Of(ModelCall call, Target target, UpstreamResponse response);

    /// <summary>The first target has not answered, and another one is tried.</summary>
    void Missed();
}
