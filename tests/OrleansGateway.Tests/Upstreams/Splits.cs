namespace OrleansGateway.Tests.Upstreams;

/// <summary>Ways to cut a body into chunks that know nothing of its content: inside lines, escapes and characters.</summary>
internal static class Splits
{
    /// <summary>Every byte by itself.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> EveryByte(byte[] bytes) =>
        Enumerable.Range(0, bytes.Length).Select(at => new ReadOnlyMemory<byte>(bytes, at, 1));

    /// <summary>Chunks of 1 to <paramref name="bytesMax"/> bytes; the same for the same seed.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Random(int seed, byte[] bytes, int bytesMax = 64)
    {
        var random = new Random(seed);
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(random.Next(1, bytesMax + 1), bytes.Length - at);
            yield return bytes.AsMemory(at, length);
            at += length;
        }
    }

    /// <summary>Two chunks, cut at one place.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> At(int cut, byte[] bytes) => [bytes.AsMemory(0, cut), bytes.AsMemory(cut)];
}
