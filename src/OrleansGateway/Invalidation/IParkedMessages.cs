namespace OrleansGateway.Invalidation;

/// <summary>Messages that were refused, kept so that somebody can look at them and send them again. Bounded: the oldest go first. A port.</summary>
internal interface IParkedMessages
{
    /// <summary>Most messages kept.</summary>
    public const int Max = 10_000;

    /// <summary>Most bytes kept of the body of one. A longer one is cut, and cannot be sent again.</summary>
    public const int BodyBytesMax = 256 << 10;

    /// <summary>Most bytes kept of all bodies.</summary>
    public const long BytesMax = 256L << 20;

    /// <summary>Keeps it; returns its number. It has reached the disk then.</summary>
    ValueTask<long> ParkAsync(ParkedMessage message, CancellationToken cancellation);

    /// <summary>Some, oldest first, behind that number, without their bodies; of one source, or of all.</summary>
    ValueTask<IReadOnlyList<ParkedMessage>> ListAsync(string? source, long after, int limit, CancellationToken cancellation);

    ValueTask<ParkedMessage?> FindAsync(long number, CancellationToken cancellation);

    /// <summary>False if it is not there.</summary>
    ValueTask<bool> DeleteAsync(long number, CancellationToken cancellation);

    ValueTask<long> CountAsync(CancellationToken cancellation);
}

/// <summary>A message that was refused.</summary>
/// <param name="Number">Its place, from 1; 0 before it is kept.</param>
/// <param name="Source">Name of the source that it came under.</param>
/// <param name="At">When it was refused.</param>
/// <param name="Code">Why, for programs: the code of a rejection.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="Headers">Its headers. Those that carry credentials are left out by whoever parks it.</param>
/// <param name="Body">Its body, or the beginning of it.</param>
/// <param name="BodyBytes">How long the body was.</param>
internal sealed record ParkedMessage(
    long Number, string Source, DateTimeOffset At, string Code, string Reason, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body, long BodyBytes)
{
    public bool IsCut => Body.Length < BodyBytes;
}
