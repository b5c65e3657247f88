namespace OrleansGateway.Tests.Fuzz;

/// <summary>What the gateway may say to a client of HTTP/2: frames, of kinds and lengths that it may send, and nothing of other clients.</summary>
internal static class Http2Oracle
{
    /// <summary>Longest payload, as long as the client has not allowed more.</summary>
    private const int PayloadMax = 1 << 14;

    /// <summary>What is wrong with what was heard; none if nothing is.</summary>
    public static string? Fault(string wire)
    {
        // To whom the preface says nothing, it is HTTP/1.1.
        if (wire.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)) return null;
        for (var at = 0; at < wire.Length;)
        {
            // The last one may have been cut off by the end of the connection.
            if (wire.Length - at < 9) return null;
            var (length, type, stream) = (wire[at] << 16 | wire[at + 1] << 8 | wire[at + 2], wire[at + 3], wire[at + 5] << 24 | wire[at + 6] << 16 | wire[at + 7] << 8 | wire[at + 8]);
            // A preface that is none is answered with a farewell.
            if (at == 0 && type is not ((char)4 or (char)7)) return $"It began with a frame of type {(int)type}";
            if (length > PayloadMax) return $"A frame of {length} bytes";
            // No client is sent a promise, which it has to allow, and no server says what only clients say.
            if (type is not ((char)0 or (char)1 or (char)3 or (char)4 or (char)6 or (char)7 or (char)8 or (char)9)) return $"A frame of type {(int)type}";
            if (type is (char)0 or (char)1 or (char)3 or (char)9 && stream % 2 == 0) return $"A frame of type {(int)type} on stream {stream}";
            if (type is (char)4 or (char)6 or (char)7 && stream != 0) return $"A frame of type {(int)type} on stream {stream}";
            at += 9 + length;
        }

        return null;
    }
}
