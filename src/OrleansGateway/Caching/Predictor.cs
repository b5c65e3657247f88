namespace OrleansGateway.Caching;

/// <summary>
/// Whether what a route answers can be stored, as of late, by the folder of the path that is asked for: nobody can know it of a URL before it was answered once, and whoever waits for another's
/// answer that turns out to be that one's alone has waited for nothing. Where hardly anything can be stored, nobody waits. Exact to a few requests: it is not locked, and folders that share
/// a place are mixed.
/// </summary>
internal sealed class Predictor
{
    /// <summary>Answers that are evidence enough. Before there are as many, requests wait for one another: that costs some of them time, and the origin a crowd if it is wrong not to.</summary>
    public const int Evidence = 4;

    private const int One = 1024;
    private const int Places = 256;

    /// <summary>How many of the answers of late count: a route that changes its mind is believed after as many.</summary>
    private const int Window = 16;

    // By folder: how many answers there were, up to the window, and below that the share of those that could not be stored, with those of late counting most.
    private readonly int[] _places = new int[Places];

    /// <summary>Whether it pays to wait for another's answer: unless nine in ten could not be stored.</summary>
    /// <param name="path">Path that is asked for.</param>
    public bool MayBeStored(ReadOnlySpan<char> path)
    {
        var place = Volatile.Read(ref PlaceOf(path));
        return place / (One + 1) < Evidence || place % (One + 1) < One * 9 / 10;
    }

    public void Note(ReadOnlySpan<char> path, bool wasStored)
    {
        ref var place = ref PlaceOf(path);
        var (before, share) = Math.DivRem(Volatile.Read(ref place), One + 1);
        var count = Math.Min(before + 1, Window);
        share += ((wasStored ? 0 : One) - share) / count;
        Volatile.Write(ref place, (count * (One + 1)) + share);
    }

    private ref int PlaceOf(ReadOnlySpan<char> path)
    {
        var query = path.IndexOf('?');
        if (query >= 0) path = path[..query];
        return ref _places[(uint)string.GetHashCode(path[..(path.LastIndexOf('/') + 1)]) % Places];
    }
}
