using System.Collections.Frozen;

namespace OrleansGateway.Configuration;

/// <summary>A list of names in which a trailing <c>*</c> matches any ending. Compiled once, asked on every request.</summary>
internal sealed class NamePatterns
{
    private readonly FrozenSet<string> _exact;
    private readonly string[] _prefixes;

    public NamePatterns(IEnumerable<string> patterns)
    {
        var all = patterns.ToArray();
        _exact = all.Where(p => !p.EndsWith('*')).ToFrozenSet(StringComparer.Ordinal);
        _prefixes = [.. all.Where(p => p.EndsWith('*')).Select(p => p[..^1])];
    }

    public bool Matches(string name)
    {
        foreach (var prefix in _prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)) return true;
        }

        return _exact.Contains(name);
    }
}
