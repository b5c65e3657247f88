using Microsoft.Extensions.Primitives;

namespace OrleansGateway.Configuration;

/// <summary>Changes to a header, compiled: first all renames at once, then what is removed, set and added.</summary>
internal sealed class HeaderChanges
{
    private readonly KeyValuePair<string, string>[] _rename;
    private readonly string[] _remove;
    private readonly KeyValuePair<string, string>[] _set;
    private readonly KeyValuePair<string, string>[] _add;

    private HeaderChanges(HeaderChangeSettings settings)
    {
        _rename = [.. settings.Rename];
        _remove = [.. settings.Remove];
        _set = [.. settings.Set.Select(s => KeyValuePair.Create(s.Key, s.Value.Reveal()))];
        _add = [.. settings.Add.Select(s => KeyValuePair.Create(s.Key, s.Value.Reveal()))];
    }

    /// <summary>None if nothing changes.</summary>
    public static HeaderChanges? Of(HeaderChangeSettings settings) =>
        settings.Rename.Count + settings.Remove.Count + settings.Set.Count + settings.Add.Count == 0 ? null : new HeaderChanges(settings);

    /// <summary>Changes the fields of a request on its way upstream.</summary>
    public void Apply(List<KeyValuePair<string, string>> fields)
    {
        if (_rename.Length > 0)
        {
            for (var at = 0; at < fields.Count; at++)
            {
                if (NewNameOf(fields[at].Key) is { } name) fields[at] = new KeyValuePair<string, string>(name, fields[at].Value);
            }
        }

        foreach (var name in _remove) Remove(fields, name);
        foreach (var (name, _) in _set) Remove(fields, name);
        fields.AddRange(_set);
        fields.AddRange(_add);
    }

    /// <summary>Changes the header of an answer.</summary>
    public void Apply(IHeaderDictionary fields)
    {
        if (_rename.Length > 0) Rename(fields);
        foreach (var name in _remove) fields.Remove(name);
        foreach (var (name, value) in _set) fields[name] = value;
        foreach (var (name, value) in _add) fields.Append(name, value);
    }

    private string? NewNameOf(string name)
    {
        foreach (var (old, changed) in _rename)
        {
            if (old.Equals(name, StringComparison.OrdinalIgnoreCase)) return changed;
        }

        return null;
    }

    // All are taken out before any is put back, so that two can change places.
    private void Rename(IHeaderDictionary fields)
    {
        var moved = new StringValues[_rename.Length];
        for (var at = 0; at < moved.Length; at++) fields.Remove(_rename[at].Key, out moved[at]);
        for (var at = 0; at < moved.Length; at++)
        {
            if (moved[at].Count > 0) fields.Append(_rename[at].Value, moved[at]);
        }
    }

    private static void Remove(List<KeyValuePair<string, string>> fields, string name)
    {
        for (var at = fields.Count - 1; at >= 0; at--)
        {
            if (fields[at].Key.Equals(name, StringComparison.OrdinalIgnoreCase)) fields.RemoveAt(at);
        }
    }
}
