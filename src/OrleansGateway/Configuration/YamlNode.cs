namespace OrleansGateway.Configuration;

/// <summary>The three things a YAML document is made of.</summary>
internal enum YamlKind
{
    Scalar,
    Sequence,
    Mapping,
}

/// <summary>
/// A node of a YAML document and where it stands. Our own, not YamlDotNet's: that one throws at the first key given twice, and recurses as deep
/// as the text tells it to.
/// </summary>
internal sealed class YamlNode(YamlKind kind, int line, int column)
{
    public YamlKind Kind => kind;

    /// <summary>Line, from 1.</summary>
    public int Line => line;

    /// <summary>Column, from 1.</summary>
    public int Column => column;

    /// <summary>A scalar as written, before references are replaced.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether a scalar was written without quotes, so that nothing, <c>~</c> and <c>null</c> mean no value.</summary>
    public bool Plain { get; init; }

    /// <summary>Place of a scalar in the text, from 0: its first character (of its anchor, if it has one), and the one after its last.</summary>
    public (int Start, int End) Span { get; init; }

    /// <summary>Name of a scalar's anchor; empty if it has none.</summary>
    public string Anchor { get; init; } = "";

    public List<YamlNode> Items { get; } = [];
    public List<(YamlNode Key, YamlNode Value)> Entries { get; } = [];

    /// <summary>Nodes in this one, itself included, each alias counted as what it stands for.</summary>
    public long Size { get; set; } = 1;

    public bool IsNull => kind == YamlKind.Scalar && Plain && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>What it is, in words for an operator.</summary>
    public string Described => kind switch
    {
        _ when IsNull => "no value",
        YamlKind.Scalar => "a single value",
        YamlKind.Sequence => "a list",
        _ => "a section of fields",
    };
}
