namespace OrleansGateway.Configuration;

/// <summary>What becomes of a model call whose client goes away before its answer is whole, and what of it is billed.</summary>
public enum OnDisconnect
{
    /// <summary>The provider is told to stop at once. Billed is the most that it can have made until then: it bills what it has made, and does not say how much.</summary>
    Cancel,

    /// <summary>The provider is told to stop at once. Billed is what came of its answer, counted by the gateway: it may bill a little more.</summary>
    Seen,

    /// <summary>The answer is read to its end, and billed as the provider reports it: exact, and paid for though nobody reads it.</summary>
    Drain,
}
