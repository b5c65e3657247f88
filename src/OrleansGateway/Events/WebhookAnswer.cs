namespace OrleansGateway.Events;

/// <summary>What came of an attempt.</summary>
/// <param name="Status">Status of the answer; 0 if there was none.</param>
/// <param name="Problem">Why it was not received; none if it was.</param>
/// <param name="RetryAfter">Time that the receiver asked for; none if it did not.</param>
internal readonly record struct WebhookAnswer(int Status, string? Problem, TimeSpan? RetryAfter = null)
{
    public bool IsReceived => Problem is null;

    /// <summary>The receiver says that it will never take any more (410).</summary>
    public bool IsGone => Status == 410;
}
