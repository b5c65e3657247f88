namespace OrleansGateway.Caching;

/// <summary>
/// Whether what a route answers can be stored, as of late. Where hardly anything can, nobody waits for another's answer. Exact to a few requests: it is not locked.
/// </summary>
internal sealed class Predictor
{
    private const int One = 1024;

    /// <summary>Share of the last answers, with those of late counting most, that could not be stored.</summary>
    private int _uncacheable;

    /// <summary>Whether it pays to wait for another's answer: unless nine in ten could not be stored.</summary>
    public bool MayBeStored => Volatile.Read(ref _uncacheable) < One * 9 / 10;

    public void Note(bool wasStored)
    {
        var share = Volatile.Read(ref _uncacheable);
        Volatile.Write(ref _uncacheable, share + (((wasStored ? 0 : One) - share) / 16));
    }
}
