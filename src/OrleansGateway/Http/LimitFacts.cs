namespace OrleansGateway.Http;

/// <summary>What limits and budgets made of a request: for the access log and spans.</summary>
internal class LimitFacts
{
    /// <summary>Name of the rule that refused it; none if none did.</summary>
    public string? RefusedBy { get; set; }

    /// <summary>Most nano-dollars held at once; none if no budget counts it.</summary>
    public long? HeldCost { get; set; }

    /// <summary>What it cost, in nano-dollars, by the usage that the provider reported, or else what was held; none if no budget counts it.</summary>
    public long? Cost { get; set; }
}
