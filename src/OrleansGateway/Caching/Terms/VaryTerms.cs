using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace OrleansGateway.Caching.Terms;

/// <summary>Looks up a field of a request as the origin gets it; empty if it gets none of that name.</summary>
internal delegate StringValues SentField<in TRequest>(TRequest request, string name);

/// <summary>
/// Which fields of requests an answer varies by, and what they said (RFC 9111 §4.1). Compared as the origin gets them; what means the same counts as the same: lists
/// however they are spaced or cut into lines, languages whatever their order if they are liked equally.
/// </summary>
internal sealed class VaryTerms
{
    private static readonly VaryTerms s_none = new([], [], [], null);

    private readonly string[] _names;
    private readonly StringValues[] _said;
    private readonly string?[] _meant;
    private readonly string? _language;

    private VaryTerms(string[] names, StringValues[] said, string?[] meant, string? language)
    {
        (_names, _said, _meant, _language) = (names, said, meant, language);
        foreach (var (name, text) in names.Zip(meant)) Bytes += 80 + (2 * (name.Length + (2 * (text?.Length ?? 0))));
    }

    public int Bytes { get; }

    public bool IsNone => _names.Length == 0;

    /// <summary>The fields, and what each said.</summary>
    public IEnumerable<(string Name, StringValues Said)> Fields => _names.Zip(_said);
    /// <summary>Names of the fields, in small letters.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>What each of them said.</summary>
    public IReadOnlyList<StringValues> Said => _said;

    /// <summary>The language of the answer, as it was stated.</summary>
    public string? Language => _language;

    /// <summary>As it was stored before.</summary>
    public static VaryTerms Restore(string[] names, StringValues[] said, string? language) => names.Length == 0 ? s_none : new(names, said, [.. names.Zip(said, Meaning)], language);

    /// <summary>Tells apart what <see cref="IsSameAs"/> does, in every process alike; 0 for none.</summary>
    public ulong Hash()
    {
        if (IsNone) return 0;
        var text = string.Join('\n', _names.Zip(_meant, static (name, meant) => $"{name}\t{meant?.Length ?? -1}\t{meant}"));
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan())));
    }

    public static VaryTerms Of<TRequest>(StoredHead head, TRequest request, SentField<TRequest> field)
    {
        var names = head["Vary"].SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Select(static name => name.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (names.Length == 0) return s_none;
        var said = names.Select(name => field(request, name)).ToArray();
        return new VaryTerms(names, said, [.. names.Zip(said, Meaning)], head["Content-Language"] is [{ } language] ? language.Trim() : null);
    }

    /// <summary>Whether the answer is for this request too.</summary>
    public bool Matches<TRequest>(TRequest request, SentField<TRequest> field)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            var says = field(request, _names[i]);
            if (!(says.Count == 1 && _said[i].Count == 1 && says[0] == _said[i][0]) && !Means(i, says)) return false;
        }

        return true;
    }

    /// <summary>What this request says of the fields, to tell it from those that want another answer.</summary>
    public string VariantOf<TRequest>(TRequest request, SentField<TRequest> field) => VariantOf(_names, request, field);

    /// <summary>The same of fields of which it is only known that answers vary by them.</summary>
    public static string VariantOf<TRequest>(IReadOnlyList<string> names, TRequest request, SentField<TRequest> field) => TextOf(names, names.Select(name => Meaning(name, field(request, name))));

    /// <summary>What the request said that it is the answer to.</summary>
    public string Variant => TextOf(_names, _meant);

    /// <summary>Whether both are for the same requests.</summary>
    public bool IsSameAs(VaryTerms other) => _names.AsSpan().SequenceEqual(other._names) && _meant.AsSpan().SequenceEqual(other._meant);

    private static string TextOf(IReadOnlyList<string> names, IEnumerable<string?> meant)
    {
        var text = new StringBuilder();
        foreach (var (name, one) in names.Zip(meant)) text.Append(name).Append(':').Append(one ?? "\0").Append('\n');
        return text.ToString();
    }

    private bool Means(int at, StringValues says)
    {
        if (says.Count == 0 || _said[at].Count == 0) return says.Count == 0 && _said[at].Count == 0;
        return Meaning(_names[at], says) == _meant[at] || (_names[at] == "accept-language" && _language is not null && string.Equals(Favourite(says), _language, StringComparison.OrdinalIgnoreCase));
    }

    private static string? Meaning(string name, StringValues said)
    {
        if (said.Count == 0) return null;
        if (name == "accept-language") return string.Join(',', Languages(said).OrderByDescending(static l => l.Quality).ThenBy(static l => l.Tag, StringComparer.Ordinal).Select(static l => $"{l.Tag};{l.Quality}"));
        // In a quoted string a space is no matter of style.
        if (said.Any(static line => line is not null && line.Contains('"', StringComparison.Ordinal))) return string.Join(", ", said.ToArray());
        return string.Join(',', said.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries)));
    }

    /// <summary>The one language that is liked best, which a server that has it gives; none if there are two.</summary>
    private static string? Favourite(StringValues said)
    {
        var best = Languages(said).GroupBy(static l => l.Quality).MaxBy(static group => group.Key)?.ToList();
        return best is [{ Quality: > 0 } only] ? only.Tag : null;
    }

    private static IEnumerable<(string Tag, int Quality)> Languages(StringValues said)
    {
        foreach (var member in said.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            var parts = member.ToLowerInvariant().Split(';', StringSplitOptions.TrimEntries);
            var quality = parts.Skip(1).FirstOrDefault(static part => part.StartsWith("q=", StringComparison.Ordinal))?[2..];
            var isNumber = decimal.TryParse(quality, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
            yield return (parts[0], quality is null ? 1000 : isNumber && number <= 1 ? (int)(number * 1000) : 0);
        }
    }
}
