using System.Runtime.InteropServices;
using System.Text;

namespace OrleansGateway.Upstream.Http1;

/// <summary>
/// Texts of the names and values of fields as they came lately. Answers of a server differ in few of them, so most need no new text, <c>Date</c> included, which
/// changes once a second. A text has one place, and the newest stays: it never grows, and needs no lock.
/// </summary>
internal sealed class FieldTexts
{
    /// <summary>Longer ones are hardly ever the same twice.</summary>
    private const int BytesMax = 64;

    private readonly string?[] _places = new string?[1024];

    public static FieldTexts Shared { get; } = new();

    /// <summary>The text, in Latin-1.</summary>
    public string Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return "";
        if (bytes.Length > BytesMax) return Encoding.Latin1.GetString(bytes);
        ref var place = ref _places[Hash(bytes) % (uint)_places.Length];
        // Read once: another thread may put another text there.
        var known = Volatile.Read(ref place);
        if (known is not null && Ascii.Equals(bytes, known)) return known;
        var text = Encoding.Latin1.GetString(bytes);
        Volatile.Write(ref place, text);
        return text;
    }

    /// <summary>Of the length and of the first and last eight bytes, in which texts of one length differ nearly always.</summary>
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> ends = stackalloc byte[16];
        ends.Clear();
        bytes[..Math.Min(8, bytes.Length)].CopyTo(ends);
        bytes[^Math.Min(8, bytes.Length)..].CopyTo(ends[8..]);
        var halves = MemoryMarshal.Cast<byte, ulong>(ends);
        var mixed = ((halves[0] * 0x9E3779B97F4A7C15) ^ (halves[1] + (uint)bytes.Length)) * 0xD6E8FEB86659FD93;
        return (uint)(mixed >> 40);
    }
}
