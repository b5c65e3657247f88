namespace OrleansGateway.Caching.Terms;

/// <summary>Directives that are there or not (RFC 9111 §5.2, RFC 5861, RFC 8246).</summary>
[Flags]
internal enum CacheFlags : ushort
{
    None = 0,
    NoStore = 1,
    NoCache = 2,
    Private = 4,
    Public = 8,
    MustRevalidate = 16,
    ProxyRevalidate = 32,
    MustUnderstand = 64,
    OnlyIfCached = 128,
    AnyStale = 256,
}

/// <summary>
/// What <c>Cache-Control</c> says, in a request or an answer. Seconds are -1 where a directive is not there; one that cannot be read says 0, so that nothing is kept on
/// the strength of it (RFC 9111 §4.2.1). A directive with field names (<c>private="set-cookie"</c>) counts as one without: the RFC allows it, and it is safe.
/// </summary>
internal struct CacheDirectives
{
    /// <summary>Longest that is counted: larger numbers mean for ever (RFC 9111 §1.2.2).</summary>
    private const long SecondsMax = 1L << 31;

    public CacheDirectives() => (MaxAge, SharedMaxAge, MinFresh, MaxStale, WhileRevalidate, IfError) = (-1, -1, -1, -1, -1, -1);

    public CacheFlags Flags { get; private set; }

    public long MaxAge { get; private set; }

    public long SharedMaxAge { get; private set; }

    public long MinFresh { get; private set; }

    public long MaxStale { get; private set; }

    /// <summary><c>stale-while-revalidate</c>.</summary>
    public long WhileRevalidate { get; private set; }

    /// <summary><c>stale-if-error</c>.</summary>
    public long IfError { get; private set; }

    public readonly bool Has(CacheFlags flag) => (Flags & flag) != 0;

    /// <summary>Reads one line of the field.</summary>
    public void Read(ReadOnlySpan<char> line)
    {
        while (!line.IsEmpty)
        {
            var end = EndOfMember(line);
            var member = line[..end].Trim(" \t");
            line = end < line.Length ? line[(end + 1)..] : [];
            var equals = member.IndexOf('=');
            if (equals < 0) Add(member, hasValue: false, []);
            else Add(member[..equals].TrimEnd(" \t"), hasValue: true, member[(equals + 1)..].TrimStart(" \t"));
        }
    }

    /// <summary>Takes a directive on.</summary>
    public void Add(ReadOnlySpan<char> name, bool hasValue, ReadOnlySpan<char> value)
    {
        if (FlagOf(name) is not CacheFlags.None and var flag)
        {
            Flags |= flag;
            return;
        }

        if (Is(name, "max-age")) MaxAge = Least(MaxAge, value);
        else if (Is(name, "s-maxage")) SharedMaxAge = Least(SharedMaxAge, value);
        else if (Is(name, "min-fresh")) MinFresh = Seconds(value);
        else if (Is(name, "stale-while-revalidate")) WhileRevalidate = Least(WhileRevalidate, value);
        else if (Is(name, "stale-if-error")) IfError = Least(IfError, value);
        else if (Is(name, "max-stale") && hasValue) MaxStale = Seconds(value);
        else if (Is(name, "max-stale")) Flags |= CacheFlags.AnyStale;
    }

    /// <summary>Takes the seconds of a directive of answers out.</summary>
    public void Drop(ReadOnlySpan<char> name)
    {
        if (Is(name, "max-age")) MaxAge = -1;
        else if (Is(name, "s-maxage")) SharedMaxAge = -1;
        else if (Is(name, "stale-while-revalidate")) WhileRevalidate = -1;
        else if (Is(name, "stale-if-error")) IfError = -1;
    }

    /// <summary>Seconds of a directive; 0 if they cannot be read.</summary>
    internal static long Seconds(ReadOnlySpan<char> text)
    {
        if (text is ['"', .., '"']) text = text[1..^1];
        if (text.IsEmpty || text.ContainsAnyExceptInRange('0', '9')) return 0;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Min(seconds, SecondsMax) : SecondsMax;
    }

    private static CacheFlags FlagOf(ReadOnlySpan<char> name) => name.Length switch
    {
        6 when Is(name, "public") => CacheFlags.Public,
        7 when Is(name, "private") => CacheFlags.Private,
        8 when Is(name, "no-cache") => CacheFlags.NoCache,
        8 when Is(name, "no-store") => CacheFlags.NoStore,
        14 when Is(name, "only-if-cached") => CacheFlags.OnlyIfCached,
        15 when Is(name, "must-revalidate") => CacheFlags.MustRevalidate,
        15 when Is(name, "must-understand") => CacheFlags.MustUnderstand,
        16 when Is(name, "proxy-revalidate") => CacheFlags.ProxyRevalidate,
        _ => CacheFlags.None,
    };

    // The same directive twice: the shorter one is safe, whichever was meant.
    private static long Least(long before, ReadOnlySpan<char> text) => before < 0 ? Seconds(text) : Math.Min(before, Seconds(text));

    private static bool Is(ReadOnlySpan<char> name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>Where a member of a list ends: at a comma that is in no quoted string.</summary>
    private static int EndOfMember(ReadOnlySpan<char> line)
    {
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"') isQuoted = !isQuoted;
            else if (line[i] == '\\' && isQuoted) i++;
            else if (line[i] == ',' && !isQuoted) return i;
        }

        return line.Length;
    }
}
