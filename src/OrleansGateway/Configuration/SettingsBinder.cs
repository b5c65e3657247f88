using System.Collections;

namespace OrleansGateway.Configuration;

/// <summary>
/// Turns nodes into settings records by reflection, noting every fault and where each setting stands. A setting with a fault keeps its default and a
/// faulty entry of a list its place, so that the rest can still be judged.
/// </summary>
internal sealed class SettingsBinder(Findings findings, ConfigurationSources sources)
{
    private const string FilePrefix = "file:";

    public GatewaySettings Bind(YamlNode root) => Bind<GatewaySettings>(root);

    /// <summary>The same for another kind of document.</summary>
    public T Bind<T>(YamlNode root)
        where T : class
    {
        findings.Saw("", root);
        return (T)BindSection(root, SettingRecord.Of(typeof(T)), "");
    }

    private object? Bind(YamlNode node, SettingShape shape, string path) => shape switch
    {
        SettingShape.Section section => BindSection(node, section.Record, path),
        SettingShape.ListOf list => BindList(node, list, path),
        SettingShape.MapOf map => BindMap(node, map, path),
        _ => BindSingle(node, (SettingShape.Single)shape, path),
    };

    private object BindSection(YamlNode node, SettingRecord record, string path)
    {
        var settings = record.Create();
        if (record.ShortForm is { } only && node.Kind == YamlKind.Scalar && !node.IsNull)
        {
            BindField(settings, only, node, node, SettingPath.Field(path, only.Name));
            return settings;
        }

        if (!Is(node, YamlKind.Mapping, "a section of fields", path)) return settings;
        var given = new HashSet<string>();
        foreach (var (key, value) in Entries(node, path, entry: SettingPath.Field))
        {
            given.Add(key.Text);
            var field = record.Fields.FirstOrDefault(f => f.Name == key.Text);
            if (field is null) ReportUnknown(record, key, path);
            else BindField(settings, field, key, value, SettingPath.Field(path, field.Name));
        }

        foreach (var missing in record.Fields.Where(f => f.MustBeGiven && !given.Contains(f.Name)))
        {
            findings.AddMissing(path, missing.Name);
        }

        return settings;
    }

    private void BindField(object settings, SettingField field, YamlNode key, YamlNode value, string path)
    {
        findings.Saw(path, value, key);
        if (Bind(value, field.Shape, path) is not { } bound) return;
        var at = value.Kind == YamlKind.Scalar ? value : key;
        var problem = field.Check(bound, Findings.Quote(value.Text));
        // The entries of a list that is too long can still be judged.
        if (problem is not null && bound is ICollection) findings.Note(at, path, problem);
        else if (problem is not null) findings.Add(at, path, problem);
        field.Property.SetValue(settings, bound);
    }

    private void ReportUnknown(SettingRecord record, YamlNode key, string path)
    {
        if (findings.Full) return;
        var hint = Nearest.Hint(key.Text, record.Fields.Select(f => f.Name), "fields");
        findings.Note(key, SettingPath.Entry(path, key.Text), $"There is no field {Findings.Quote(key.Text)} here.{hint}");
    }

    private Array? BindList(YamlNode node, SettingShape.ListOf list, string path)
    {
        if (!Is(node, YamlKind.Sequence, "a list", path)) return null;
        var items = Array.CreateInstance(list.ItemType, node.Items.Count);
        for (var i = 0; i < node.Items.Count; i++)
        {
            var itemPath = SettingPath.Item(path, i);
            findings.Saw(itemPath, node.Items[i]);
            items.SetValue(Bind(node.Items[i], list.Item, itemPath), i);
        }

        return items;
    }

    private IDictionary? BindMap(YamlNode node, SettingShape.MapOf map, string path)
    {
        if (!Is(node, YamlKind.Mapping, "a section of entries by name", path)) return null;
        var entries = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), map.ValueType))!;
        foreach (var (key, value) in Entries(node, path, entry: SettingPath.Entry))
        {
            var entryPath = SettingPath.Entry(path, key.Text);
            findings.Saw(entryPath, value, key);
            findings.Saw(SettingPath.NameOf(entryPath), key);
            if (Bind(value, map.Value, entryPath) is { } bound) entries[key.Text] = bound;
        }

        return entries;
    }

    /// <summary>The entries of a mapping whose names are single values, each name once.</summary>
    private IEnumerable<(YamlNode Key, YamlNode Value)> Entries(YamlNode node, string path, Func<string, string, string> entry)
    {
        var lines = new Dictionary<string, int>();
        foreach (var (key, value) in node.Entries)
        {
            if (key.Kind != YamlKind.Scalar) findings.Note(key, path, "The name of a field must be a single value.");
            else if (lines.TryAdd(key.Text, key.Line)) yield return (key, value);
            else findings.Note(key, entry(path, key.Text), $"{Findings.Quote(key.Text)} is given twice; it stands in line {lines[key.Text]} already.");
        }
    }

    private object? BindSingle(YamlNode node, SettingShape.Single single, string path)
    {
        if (!Is(node, YamlKind.Scalar, single.Format.Right, path)) return null;
        var (text, problem) = single.IsSecret ? ReadSecret(node.Text) : References.Expand(node.Text, sources.Variable);
        if (text is null)
        {
            findings.Add(node, path, problem);
            return null;
        }

        if (single.Format.Parse(text) is { } value) return value;
        // As written, so that no variable's value is shown; and no URL, for it may carry a password.
        var shown = single.Type == typeof(Uri) ? "This" : Findings.Quote(node.Text);
        var hint = Nearest.To(text, single.Format.Choices) is { } near ? $" Did you mean '{near}'?" : "";
        findings.Add(node, path, $"{shown} is not {single.Format.Right}.{hint}");
        return null;
    }

    // Told by the text as written: a variable whose value happens to begin with file: reads no file.
    private (string? Text, string Problem) ReadSecret(string written)
    {
        var isFile = written.StartsWith(FilePrefix, StringComparison.Ordinal);
        var (text, problem) = References.Expand(isFile ? written[FilePrefix.Length..] : written, sources.Variable);
        if (text is null) return (null, problem);
        if (!isFile) return text.Length > 0 ? (text, "") : (null, "The secret is empty.");
        var (secret, fault) = sources.ReadSecret(text);
        return (secret, $"The file {Findings.Quote(written[FilePrefix.Length..])} of this secret {fault}.");
    }

    private bool Is(YamlNode node, YamlKind kind, string wanted, string path)
    {
        if (node.Kind == kind && !node.IsNull) return true;
        var hint = node.IsNull ? "; give it one or take the line out" : "";
        findings.Add(node, path, $"Here must be {wanted}, and there is {node.Described}{hint}.");
        return false;
    }
}
