using System.Text;

namespace OrleansGateway.Models;

/// <summary>
/// The names of an object's members so far, to find one that stands twice. Which of two a reader heeds is its own choice (RFC 8259 section 4), so a check made on
/// one could be got round with the other. Names are compared where they stand; a copy is made only of more than are usual, or of escaped ones.
/// </summary>
internal ref struct MemberNames(Span<Range> places)
{
    /// <summary>Members that a request may have before a set is made of them; chat requests have some twenty.</summary>
    public const int Usual = 48;

    private readonly Span<Range> _places = places;
    private int _count;
    private HashSet<string>? _all;

    /// <summary>Takes in a name; false if it has been there before.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="at">Where the name stands in it, without its quotes.</param>
    /// <param name="unescaped">The name as text, if it is written with escapes.</param>
    public bool Add(scoped ReadOnlySpan<byte> body, Range at, string? unescaped)
    {
        if (_all is null && (unescaped is not null || _count == _places.Length)) Copy(body);
        if (_all is not null) return _all.Add(unescaped ?? Encoding.UTF8.GetString(body[at]));
        foreach (var place in _places[.._count])
        {
            if (body[place].SequenceEqual(body[at])) return false;
        }

        _places[_count++] = at;
        return true;
    }

    private void Copy(scoped ReadOnlySpan<byte> body)
    {
        _all = new HashSet<string>(StringComparer.Ordinal);
        foreach (var place in _places[.._count]) _all.Add(Encoding.UTF8.GetString(body[place]));
    }
}
