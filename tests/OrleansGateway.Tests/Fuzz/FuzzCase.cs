namespace OrleansGateway.Tests.Fuzz;

/// <summary>How a client ends.</summary>
internal enum CaseEnd
{
    /// <summary>Once it is answered.</summary>
    Answered,

    /// <summary>It says no more, and listens.</summary>
    HalfClosed,

    /// <summary>It resets the connection, whatever comes.</summary>
    Reset,
}

/// <summary>Bytes of one client, and the way they are sent.</summary>
/// <param name="Number">Names it: with the seed it decides all the rest.</param>
/// <param name="Wire">The bytes.</param>
internal sealed record FuzzCase(int Number, string Wire)
{
    /// <summary>One case of so many is left as it is, and asks only servers that answer well: what it gets is known.</summary>
    private const int CleanEvery = 20;

    /// <summary>Purpose of the randomness that composes a case; the origin's answers are another.</summary>
    private const int Composing = 1;

    /// <summary>Whether nothing in it is wrong, so that all of it must be answered well.</summary>
    public bool IsClean { get; private init; }

    /// <summary>Whether HTTP/2 is spoken.</summary>
    public bool IsHttp2 { get; private init; }

    /// <summary>Places at which it is cut in segments.</summary>
    public IReadOnlyList<int> Cuts { get; private init; } = [];

    /// <summary>Pause between segments.</summary>
    public TimeSpan Drip { get; private init; }

    public CaseEnd End { get; private init; }

    public static FuzzCase Of(int seed, int number)
    {
        var random = Marker.RandomOf(seed, number, Composing);
        var isClean = number % CleanEvery == 0;
        return isClean || random.Next(4) > 0 ? OfHttp1(seed, number, isClean, random) : new FuzzCase(number, Http2Corpus.Session(seed, number, random)) { IsHttp2 = true }.Sent(random);
    }

    private static FuzzCase OfHttp1(int seed, int number, bool isClean, Random random)
    {
        var requests = Enumerable.Range(0, random.Next(10) switch { < 6 => 1, < 9 => 2, _ => 3 })
            .Select(n => Http1Corpus.Request(new Asked(random, Marker.Of(seed, number, n), isClean)))
            .ToArray();
        // Half of the others leave the client's part alone: it is the origin's that is mutated.
        if (!isClean && random.Next(2) == 0) requests[0] = Mutate(requests[0], random);
        var @case = new FuzzCase(number, string.Concat(requests)) { IsClean = isClean };
        return isClean ? @case with { Cuts = CutsOf(@case.Wire.Length, random) } : @case.Sent(random);
    }

    private FuzzCase Sent(Random random)
    {
        var cuts = CutsOf(Wire.Length, random);
        return this with
        {
            Cuts = cuts,
            Drip = cuts.Length < 10 && random.Next(6) == 0 ? TimeSpan.FromMilliseconds(random.Next(1, 15)) : TimeSpan.Zero,
            End = random.Next(20) switch { 0 => CaseEnd.Reset, 1 => CaseEnd.HalfClosed, _ => CaseEnd.Answered },
        };
    }

    /// <summary>Mostly any bytes of it; where there is JSON, as often its structure, with the length put right.</summary>
    private static string Mutate(string request, Random random)
    {
        var body = request.IndexOf("\r\n\r\n{", StringComparison.Ordinal) + 4;
        if (body < 4 || random.Next(2) == 0) return ByteMutation.Mutate(request, request.Length, random);
        var (before, after) = (request[body..], ChatBodies.Mutate(request[body..], random));
        return request[..body].Replace($"Content-Length: {before.Length}\r\n", $"Content-Length: {after.Length}\r\n", StringComparison.Ordinal) + after;
    }

    private static int[] CutsOf(int length, Random random)
    {
        var count = random.Next(4) switch { 0 or 1 => 0, 2 => random.Next(1, 4), _ => random.Next(1, 40) };
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(length)).Where(cut => cut > 0).Distinct().Order()];
    }
}
