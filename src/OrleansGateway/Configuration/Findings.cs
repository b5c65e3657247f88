namespace OrleansGateway.Configuration;

/// <summary>What a reading has found so far: the faults, and where in the file each setting stands.</summary>
/// <param name="file">Path of the file.</param>
/// <param name="shared">What all that is not the node's own was read from, in place of the file; none if it is in the file too.</param>
internal sealed class Findings(string file, string? shared = null)
{
    /// <summary>More faults than anyone reads; a file of garbage must not fill the memory with complaints.</summary>
    public const int FaultsMax = 1_000;

    private const int ShownMax = 60;

    private readonly List<Fault> _faults = [];
    private readonly List<Fault> _warnings = [];
    private readonly HashSet<string> _faulty = [];
    private readonly Dictionary<string, (int Line, int Column, string Text)> _places = [];

    /// <summary>Where a file named in the configuration is: paths that are not absolute start in the configuration's folder.</summary>
    public string FullPath(string named) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file)) ?? "", named);

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<Fault> Faults => [.. _faults.OrderBy(f => f.Line).ThenBy(f => f.Column)];

    /// <summary>What is valid, but hardly meant so; in the order of the file.</summary>
    public IReadOnlyList<Fault> Warnings => [.. _warnings.OrderBy(f => f.Line).ThenBy(f => f.Column)];

    public bool Any => _faults.Count > 0;

    /// <summary>Whether no more faults are listed, so that no work need go into their wording.</summary>
    public bool Full => _faults.Count > FaultsMax;

    /// <summary>Adds a fault that makes the setting useless: what hangs on it is not judged.</summary>
    public void Add(int line, int column, string path, string message)
    {
        _faulty.Add(path);
        Note(line, column, path, message);
    }

    public void Add(YamlNode node, string path, string message) => Add(node.Line, node.Column, path, message);

    /// <summary>Adds a fault beside which the setting can still be judged.</summary>
    public void Note(int line, int column, string path, string message)
    {
        if (_faults.Count < FaultsMax) _faults.Add(new Fault(NameOf(path), line, column, path, message));
        else if (_faults.Count == FaultsMax) _faults.Add(new Fault(NameOf(path), line, column, path, $"There are more faults than the {FaultsMax} listed."));
    }

    /// <summary>Adds that a setting which must be in the file is not.</summary>
    public void AddMissing(string owner, string field)
    {
        Report(owner, field, $"The field {field} is missing.");
        _faulty.Add(SettingPath.Field(owner, field));
    }

    public void Note(YamlNode node, string path, string message) => Note(node.Line, node.Column, path, message);

    /// <summary>Keeps where a setting stands: a single value by itself, a list or a section by the name before it.</summary>
    public void Saw(string path, YamlNode value, YamlNode? key = null)
    {
        var at = value.Kind == YamlKind.Scalar ? value : key ?? value;
        _places[path] = (at.Line, at.Column, value.Text);
    }

    /// <summary>Whether the setting is in the file, right or wrong.</summary>
    public bool IsGiven(string path) => _places.ContainsKey(path);

    /// <summary>Line and column of a setting; none if it is not in the file.</summary>
    public (int Line, int Column)? PlaceOf(string path) => _places.TryGetValue(path, out var place) ? (place.Line, place.Column) : null;

    /// <summary>Whether the setting itself has a fault already, so that what depends on it is not judged.</summary>
    public bool IsFaulty(string path) => _faulty.Contains(path);

    /// <summary>The setting as written, for a message: references are not replaced, for what they stand for may be secret.</summary>
    public string Shown(string path) => Quote(_places.GetValueOrDefault(path).Text ?? "");

    /// <summary>
    /// Adds a fault of a setting within <paramref name="owner"/>, at the setting's place, or the owner's if it is not in the file. Says nothing of a
    /// setting that is useless already: the second fault would only follow from the first.
    /// </summary>
    public void Report(string owner, string field, string message) => ReportAt(SettingPath.Field(owner, field), owner, message);

    public void ReportAt(string path, string owner, string message)
    {
        if (IsFaulty(path) || IsFaulty(owner)) return;
        var (line, column) = PlaceOf(path) ?? PlaceOf(owner) ?? PlaceOf("") ?? (1, 1);
        Note(line, column, path, message);
    }

    /// <summary>Adds that a setting within <paramref name="owner"/> is valid, but hardly meant so. At most as many as faults.</summary>
    public void Warn(string owner, string field, string message)
    {
        var path = SettingPath.Field(owner, field);
        var (line, column) = PlaceOf(path) ?? PlaceOf(owner) ?? (1, 1);
        if (_warnings.Count < FaultsMax) _warnings.Add(new Fault(NameOf(path), line, column, path, message));
    }

    private string NameOf(string path) => shared is null || NodeSections.Own(path) ? file : shared;

    /// <summary>A piece of the file for a message: in quotes, on one line, not too long.</summary>
    public static string Quote(string text) => $"'{Printable(text.Length <= ShownMax ? text : text[..ShownMax] + "…")}'";

    /// <summary>The text with what would break a line of a log or a terminal taken out.</summary>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;
}
