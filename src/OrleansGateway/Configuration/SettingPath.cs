namespace OrleansGateway.Configuration;

/// <summary>Writes the place of a setting in the document, such as <c>models["gpt-4.1"].targets[1].weight</c>.</summary>
internal static class SettingPath
{
    private const int KeyMax = 200;

    public static string Field(string owner, string name) => owner.Length == 0 ? name : $"{owner}.{name}";

    public static string Item(string owner, int index) => $"{owner}[{index.ToString(CultureInfo.InvariantCulture)}]";

    /// <summary>An entry of a map. Quoted where a dot in it could be taken for the next step of the path.</summary>
    public static string Entry(string owner, string key)
    {
        var simple = key.Length is > 0 and <= KeyMax && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        if (simple) return Field(owner, key);
        return $"{owner}[\"{Findings.Printable(key.Length <= KeyMax ? key : key[..KeyMax] + "…")}\"]";
    }

    /// <summary>The name of an entry itself, which has a place of its own in the file. Never shown.</summary>
    public static string NameOf(string entry) => entry + "\0name";
}
