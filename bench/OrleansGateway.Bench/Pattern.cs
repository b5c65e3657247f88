namespace OrleansGateway.Bench;

/// <summary>
/// Endless content that can be checked wherever it arrives: one block over and over, of random bytes and of a prime length, so that a piece that is lost,
/// doubled or out of its place does not fit. Comparing costs far less than the sockets.
/// </summary>
internal static class Pattern
{
    /// <summary>Most bytes at once: what stays in a core's cache between the program and the kernel.</summary>
    public const int PieceMax = 256 << 10;

    private static readonly byte[] Block = NewBlock();

    /// <summary>Content from an offset on, at most as long as wanted.</summary>
    public static ReadOnlyMemory<byte> At(long offset, long wanted)
    {
        var at = (int)(offset % Block.Length);
        return Block.AsMemory(at, (int)Math.Min(Math.Min(wanted, PieceMax), Block.Length - at));
    }

    /// <summary>Whether the bytes are the content from an offset on.</summary>
    public static bool IsAt(long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var expected = At(offset, bytes.Length).Span;
            if (!bytes[..expected.Length].SequenceEqual(expected)) return false;
            bytes = bytes[expected.Length..];
            offset += expected.Length;
        }

        return true;
    }

    private static byte[] NewBlock()
    {
        // The largest prime below 1 MiB.
        var block = new byte[1_048_573];
        new Random(1).NextBytes(block);
        return block;
    }
}
