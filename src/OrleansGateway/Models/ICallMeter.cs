using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>Accounts for attempts as they end. The one that answers the client, and the last one if none does, end with the call.</summary>
internal interface ICallMeter
{
    /// <summary>Another target is tried after this attempt, of which the client got nothing.</summary>
    void Failed(Exchange exchange, ModelCall call, in AttemptEnd end);
}

/// <summary>How an attempt ended of which the client got nothing.</summary>
/// <param name="Status">Status of the provider's answer; 0 if there was none.</param>
/// <param name="Error">What went wrong, as a code of ours.</param>
/// <param name="WasSent">Whether the provider was asked.</param>
/// <param name="MayBeBilled">Whether it may have begun to answer, and so bills something.</param>
internal readonly record struct AttemptEnd(int Status, string Error, bool WasSent, bool MayBeBilled);
