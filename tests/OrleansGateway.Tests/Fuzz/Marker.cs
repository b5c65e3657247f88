using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>
/// Names one request of one case, in its bytes and in whatever answers it. It carries a checksum, so that one which a mutation changed is none: who finds
/// one that belongs to another case has found bytes that crossed from one client to another.
/// </summary>
internal static partial class Marker
{
    private const int CaseDigits = 8, CheckDigits = 12;

    public static string Of(int seed, int number, int request) => $"mk{number:x8}{request:x1}{Check(seed, number, request):x12}z";

    /// <summary>The sound markers in some bytes, as they stand there.</summary>
    public static IEnumerable<string> In(string wire, int seed)
    {
        foreach (Match found in Pattern().Matches(wire))
        {
            if (Of(seed, CaseOf(found.Value), int.Parse(found.ValueSpan.Slice(2 + CaseDigits, 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture)) == found.Value)
                yield return found.Value;
        }
    }

    public static int CaseOf(string marker) => int.Parse(marker.AsSpan(2, CaseDigits), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Source of chance for one purpose of one case: the same whenever it is asked for, here or in another run.</summary>
    public static Random RandomOf(int seed, int number, int purpose) => new((int)Mix(seed, number, purpose));

    private static ulong Check(int seed, int number, int request) => Mix(seed, number, request + 1_000) & ((1UL << (4 * CheckDigits)) - 1);

    // SplitMix64, for neighbours must not look alike. HashCode differs from process to process.
    private static ulong Mix(int seed, int number, int purpose)
    {
        var mixed = ((ulong)(uint)seed << 32 | (uint)number) + (ulong)purpose * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
        return mixed ^ mixed >> 31;
    }

    [GeneratedRegex("mk[0-9a-f]{21}z")]
    private static partial Regex Pattern();
}
