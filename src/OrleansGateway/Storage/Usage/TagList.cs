namespace OrleansGateway.Storage.Usage;

/// <summary>Numbers of tuples in a few bytes: seven bits in each, the lowest first.</summary>
internal static class TagList
{
    private const int Bits = 7;
    private const int More = 1 << Bits;

    public static byte[] Write(IReadOnlyList<long> tuples)
    {
        var bytes = new List<byte>(tuples.Count * 3);
        foreach (var tuple in tuples)
        {
            var rest = (ulong)tuple;
            for (; rest >= More; rest >>= Bits) bytes.Add((byte)(rest | More));
            bytes.Add((byte)rest);
        }

        return [.. bytes];
    }

    /// <summary>What is no such list yields what can be read of it: whoever compares finds the difference.</summary>
    public static List<long> Read(ReadOnlySpan<byte> bytes)
    {
        var tuples = new List<long>();
        var (number, shift) = (0UL, 0);
        foreach (var one in bytes)
        {
            number |= (ulong)(one & (More - 1)) << shift;
            shift += Bits;
            if (one >= More) continue;
            tuples.Add((long)number);
            (number, shift) = (0, 0);
        }

        return tuples;
    }
}
