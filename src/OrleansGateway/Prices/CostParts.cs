namespace OrleansGateway.Prices;

/// <summary>A cost in nano-dollars, by class. The classes are apart: their sum is the cost.</summary>
internal readonly record struct CostParts
{
    /// <summary>Input of text, neither read from nor written to a prompt cache.</summary>
    public long Input { get; init; }

    public long CacheRead { get; init; }

    /// <summary>Writes to the prompt cache, of whatever duration.</summary>
    public long CacheWrite { get; init; }

    /// <summary>Output of text, without reasoning.</summary>
    public long Output { get; init; }

    public long Reasoning { get; init; }

    /// <summary>Audio, in and out.</summary>
    public long Audio { get; init; }

    /// <summary>Images and video, in and out.</summary>
    public long Image { get; init; }

    /// <summary>Tools of the provider that it bills by use, such as searches of the web.</summary>
    public long Tools { get; init; }

    /// <summary>The fee of the call itself.</summary>
    public long Request { get; init; }

    public long Total => Input + CacheRead + CacheWrite + Output + Reasoning + Audio + Image + Tools + Request;

    public static CostParts operator -(CostParts one, CostParts other) => one + other.Negated;

    public static CostParts operator +(CostParts one, CostParts other) => new()
    {
        Input = one.Input + other.Input,
        CacheRead = one.CacheRead + other.CacheRead,
        CacheWrite = one.CacheWrite + other.CacheWrite,
        Output = one.Output + other.Output,
        Reasoning = one.Reasoning + other.Reasoning,
        Audio = one.Audio + other.Audio,
        Image = one.Image + other.Image,
        Tools = one.Tools + other.Tools,
        Request = one.Request + other.Request,
    };

    private CostParts Negated => new()
    {
        Input = -Input, CacheRead = -CacheRead, CacheWrite = -CacheWrite, Output = -Output, Reasoning = -Reasoning, Audio = -Audio, Image = -Image, Tools = -Tools, Request = -Request,
    };
}
