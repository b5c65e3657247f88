namespace OrleansGateway.Http;

/// <summary>How the tokens of an attempt are known.</summary>
internal enum UsageSource : byte
{
    /// <summary>There were none to count: nothing was sent.</summary>
    None,

    /// <summary>The provider has said so.</summary>
    Provider,

    /// <summary>Counted here, with the model's own encoding.</summary>
    Counted,

    /// <summary>Estimated here: the model's encoding is not known.</summary>
    Estimated,

    /// <summary>Nobody knows: the most that it can have been.</summary>
    Bound,
}
