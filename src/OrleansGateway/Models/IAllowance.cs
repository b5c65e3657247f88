using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>
/// What limits and budgets let one model call use, as those ask who send it and carry its answer back. Every attempt begins and, if the client got nothing of it, fails;
/// the one that answers does not end here but with the call.
/// </summary>
internal interface IAllowance
{
    /// <summary>Most output tokens that a provider is told to make of each answer; none if what the client asks for stands.</summary>
    long? OutputTokensMax { get; }

    /// <summary>Whether the output of a stream is to be covered as it comes, by <see cref="CoverAsync"/>.</summary>
    bool IsRolling { get; }

    /// <summary>Before a request is sent: why it may not be, if what earlier attempts may have cost leaves too little.</summary>
    ValueTask<Refusal?> BeginAsync(Target target, CancellationToken cancellation);

    /// <summary>The attempt has failed, and the client got nothing of it.</summary>
    /// <param name="wasSent">Whether the target was asked at all.</param>
    /// <param name="bill">What it has used all the same.</param>
    void Failed(bool wasSent, in AttemptBill bill);

    /// <summary>The call is over, however it ended: what it used is posted, and the rest goes back.</summary>
    /// <param name="bill">What the attempt used that was under way, or was the last.</param>
    void Settle(in AttemptBill bill);

    /// <summary>So many output tokens have come, at most; false if there is no more to be had, and the stream must end here.</summary>
    ValueTask<bool> CoverAsync(long outputTokens, CancellationToken cancellation);

    /// <summary>The stream was ended here for that reason: the usage that is accounted for, which the client is told.</summary>
    /// <param name="known">What the provider has reported; none if it has not.</param>
    TokenUsage End(TokenUsage? known);
}
