namespace OrleansGateway.Caching.Models;

/// <summary>
/// Gives an answer another id: who keeps answers by their id must not take two for one. It has the form of the first, letter for letter and digit for digit, so that
/// the answer's length stays. What stands before its first <c>-</c> or <c>_</c> is kept: <c>chatcmpl-</c>, <c>msg_</c>.
/// </summary>
internal static class FreshId
{
    /// <summary>Writes it over the first, wherever that stands.</summary>
    /// <param name="body">The answer; its own copy.</param>
    /// <param name="at">Where its id stands, each time.</param>
    /// <param name="length">Bytes of the id.</param>
    /// <param name="random">Where the new one comes from.</param>
    public static void Write(Span<byte> body, ReadOnlySpan<int> at, int length, Random random)
    {
        if (at.IsEmpty || length == 0) return;
        var first = body.Slice(at[0], length);
        var from = first.IndexOfAny((byte)'-', (byte)'_') + 1;
        for (var i = from; i < length; i++) first[i] = Other(first[i], random);
        foreach (var place in at[1..]) first.CopyTo(body[place..]);
    }

    private static byte Other(byte letter, Random random) => letter switch
    {
        >= (byte)'0' and <= (byte)'9' => (byte)('0' + random.Next(10)),
        // Digits of hexadecimal ids stay such.
        >= (byte)'a' and <= (byte)'f' => (byte)('a' + random.Next(6)),
        >= (byte)'a' and <= (byte)'z' => (byte)('a' + random.Next(26)),
        >= (byte)'A' and <= (byte)'Z' => (byte)('A' + random.Next(26)),
        _ => letter,
    };
}
