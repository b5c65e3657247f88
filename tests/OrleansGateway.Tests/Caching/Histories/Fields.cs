using System.Text;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>The fields of a head, line by line, in order.</summary>
internal sealed class Fields
{
    private readonly List<(string Name, string Value)> _lines = [];

    public IReadOnlyList<(string Name, string Value)> Lines => _lines;

    public void Add(string name, string value) => _lines.Add((name, value));

    public void Remove(string name) => _lines.RemoveAll(line => Is(line.Name, name));

    public bool Has(string name) => _lines.Exists(line => Is(line.Name, name));

    /// <summary>Lines of a field.</summary>
    public List<string> All(string name) => [.. _lines.Where(line => Is(line.Name, name)).Select(line => line.Value)];

    /// <summary>The only line of a field; none if there is none, or more than one.</summary>
    public string? Only(string name) => All(name) is [var only] ? only : null;

    /// <summary>All lines as one, as RFC 9110 §5.3 has it; none if there are none.</summary>
    public string? Whole(string name) => All(name) is { Count: > 0 } lines ? string.Join(", ", lines) : null;

    public Fields Copy()
    {
        var copy = new Fields();
        copy._lines.AddRange(_lines);
        return copy;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in _lines) text.Append(name).Append(": ").Append(value).Append(" | ");
        return text.ToString();
    }

    public static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
