using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>Gathers selectors out of a document, and what is wrong with it.</summary>
internal sealed class SelectorFields
{
    /// <summary>Most selectors of one message or request.</summary>
    public const int Max = 1_000;

    private readonly HashSet<Selector> _selectors = [];
    private readonly List<(string Path, string Message)> _faults = [];

    public IReadOnlyList<Selector> Selectors => [.. _selectors];

    /// <summary>What is wrong, and where; empty if nothing is.</summary>
    public IReadOnlyList<(string Path, string Message)> Faults => _faults;

    public Rejection? Rejection => _faults.Count == 0 ? null : Messages.Rejection.Selector(string.Join(" ", _faults.Take(5).Select(f => f.Path.Length == 0 ? f.Message : $"{f.Path}: {f.Message}")));

    public void Add(Selector? selector, string path, string expected)
    {
        if (selector is not { } known) Fault(path, expected);
        else if (_selectors.Add(known) && _selectors.Count == Max + 1) Fault("", $"There are more than {Max} selectors.");
    }

    public void AddTag(string tag, string path) => Add(Selector.OfTag(tag), path, $"Must be a tag: 1 to {Selector.TagLengthMax} characters, none of them a control character.");

    public void AddUrl(string url, string path) => Add(Selector.OfUrl(url), path, "Must be a URL as clients call it, such as https://shop.example/a.");

    public void AddPrefix(string prefix, string path) => Add(Selector.OfPrefix(prefix), path, "Must be the beginning of a URL with the whole host, such as shop.example/a/.");

    public void AddHost(string host, string path) => Add(Selector.OfHost(host), path, "Must be a host as clients call it, such as shop.example.");

    public void AddGroup(string group, string path) =>
        Add(group.Split(' ', 2) is [{ Length: > 0 } origin, { Length: > 0 } name] ? Selector.OfGroup(origin, name) : null, path, "Must be an origin, a space and a group's name.");

    public void Fault(string path, string message)
    {
        if (_faults.Count < 100) _faults.Add((path, message));
    }

    /// <summary>Each text of a list.</summary>
    public void Each(JsonElement document, string name, Action<string, string> add)
    {
        if (document.Field(name) is not { } list) return;
        if (list.ValueKind != JsonValueKind.Array)
        {
            Fault(name, "Must be a list of texts.");
            return;
        }

        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{name}[{index++}]");
            if (_selectors.Count > Max) return;
            if (item.ValueKind == JsonValueKind.String) add(item.GetString()!, path);
            else Fault(path, "Must be a text.");
        }
    }
}
