namespace OrleansGateway.Caching.Models;

/// <summary>When the pieces of a stream came, for whoever gives it again at its own pace. Pieces that came within some milliseconds count as one.</summary>
internal sealed class PieceTimes
{
    private const int PiecesMax = 4096;
    private static readonly TimeSpan s_together = TimeSpan.FromMilliseconds(5);

    private readonly List<(int End, TimeSpan At)> _pieces = [];

    /// <summary>Memory that it takes.</summary>
    public int Bytes => _pieces.Capacity * 16;

    public int Count => _pieces.Count;

    /// <summary>Where a piece ends in the body, and when it came, from the first byte on.</summary>
    public (int End, TimeSpan At) this[int index] => _pieces[index];

    /// <summary>Up to so many bytes have come at that time.</summary>
    public void Came(int end, TimeSpan at)
    {
        if (_pieces is [.., var last] && (at - last.At < s_together || _pieces.Count == PiecesMax)) _pieces[^1] = (end, last.At);
        else _pieces.Add((end, at));
    }
}
