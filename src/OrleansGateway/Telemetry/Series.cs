namespace OrleansGateway.Telemetry;

/// <summary>
/// The running value of one instrument under one set of labels. Many threads add to it at once, without a lock: each word is exact by itself, and a
/// reader may see a histogram's buckets a moment before its sum.
/// </summary>
/// <param name="labels">As they are printed, without braces; empty if there are none.</param>
/// <param name="bounds">Upper bounds of a histogram's buckets, ascending; none for plain values.</param>
internal sealed class Series(string labels, double[] bounds)
{
    private readonly long[] _buckets = bounds.Length == 0 ? [] : new long[bounds.Length + 1];
    private long _whole;
    private long _fractionalBits;

    public string Labels => labels;

    /// <summary>What was added up or last set.</summary>
    public double Value => Volatile.Read(ref _whole) + BitConverter.Int64BitsToDouble(Volatile.Read(ref _fractionalBits));

    /// <summary>Values seen in each bucket, by itself; the last is the one without an upper bound.</summary>
    public long InBucket(int index) => Volatile.Read(ref _buckets[index]);

    public void Add(long value) => Interlocked.Add(ref _whole, value);

    public void Add(double value)
    {
        // Compared as bits: as numbers NaN never equals itself, and the loop would not end.
        var seen = Volatile.Read(ref _fractionalBits);
        while (true)
        {
            var sum = BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(seen) + value);
            var before = Interlocked.CompareExchange(ref _fractionalBits, sum, seen);
            if (before == seen) return;
            seen = before;
        }
    }

    public void Set(double value) => Volatile.Write(ref _fractionalBits, BitConverter.DoubleToInt64Bits(value));

    /// <summary>Takes a value into the first bucket whose bound is not below it.</summary>
    public void Observe(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && !(value <= bounds[bucket])) bucket++;
        Interlocked.Increment(ref _buckets[bucket]);
        Add(value);
    }
}
