using System.Numerics;

namespace OrleansGateway.Caching.Store;

/// <summary>
/// How often a key was asked for of late, roughly: a count-min sketch of counters of four bits, halved from time to time so that old fame fades (Einziger, Friedman, Manes:
/// "TinyLFU", ACM ToS 2017). Takes eight bytes per sixteen counters. One thread at a time.
/// </summary>
internal sealed class FrequencySketch
{
    private const ulong OddBits = 0x1111_1111_1111_1111;
    private const ulong HalvedBits = 0x7777_7777_7777_7777;
    private const int CountMax = 15;

    private readonly ulong[] _words;
    private readonly int _mask;
    private readonly int _sample;
    private int _size;

    /// <param name="words">Words of sixteen counters; rounded up to a power of two. About as many as there are keys.</param>
    public FrequencySketch(int words)
    {
        _words = new ulong[BitOperations.RoundUpToPowerOf2((uint)Math.Max(words, 16))];
        _mask = _words.Length - 1;
        // Each ask adds up to four; ten asks per word is what the paper's authors found to fade at the right pace.
        _sample = 10 * _words.Length;
    }

    /// <summary>Counts one ask.</summary>
    public void Add(int hash)
    {
        var spread = Spread(hash);
        var added = false;
        for (var row = 0; row < 4; row++) added |= TryAdd(WordOf(spread, row), PlaceOf(spread, row));
        if (added && ++_size >= _sample) Halve();
    }

    /// <summary>How often it was asked for, 0 to 15; never too low but for what has faded.</summary>
    public int Count(int hash)
    {
        var spread = Spread(hash);
        var least = CountMax;
        for (var row = 0; row < 4; row++) least = Math.Min(least, (int)(_words[WordOf(spread, row)] >> PlaceOf(spread, row)) & CountMax);
        return least;
    }

    private bool TryAdd(int word, int place)
    {
        if (((_words[word] >> place) & CountMax) == CountMax) return false;
        _words[word] += 1UL << place;
        return true;
    }

    private void Halve()
    {
        var odd = 0;
        for (var i = 0; i < _words.Length; i++)
        {
            odd += BitOperations.PopCount(_words[i] & OddBits);
            _words[i] = (_words[i] >> 1) & HalvedBits;
        }

        _size = (_size - (odd >> 2)) >> 1;
    }

    private int WordOf(ulong spread, int row) => (int)((spread * s_factors[row]) >> 32) & _mask;

    // Each row has four of a word's sixteen counters to itself.
    private static int PlaceOf(ulong spread, int row) => ((row << 2) + (int)((spread >> (row << 1)) & 3)) << 2;

    private static ulong Spread(int hash)
    {
        var mixed = (uint)hash * 0x9E37_79B9_7F4A_7C15UL;
        return (mixed ^ (mixed >> 29)) * 0xBF58_476D_1CE4_E5B9UL;
    }

    private static readonly ulong[] s_factors = [0xC3A5_C85C_97CB_3127, 0xB492_B66F_BE98_F273, 0x9AE1_6A3B_2F90_404F, 0xCBF2_9CE4_8422_2325];
}
