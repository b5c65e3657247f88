using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OrleansGateway.Configuration;

/// <summary>Reads YAML text into nodes. What cannot be read is a fault, never an exception.</summary>
internal sealed class YamlTree
{
    /// <summary>The settings are 8 levels deep; more than this is an attack on the stack or a mistake.</summary>
    private const int DepthMax = 32;

    /// <summary>Nodes that aliases may add in all. A few hundred bytes of nested aliases would stand for billions.</summary>
    private const long AliasedNodesMax = 100_000;

    private const string AnchorUnknown =
        "an alias (*…) names an anchor (&…) that does not come before it; a value that begins with * goes in quotes";
    private const string TagsRefused = "Tags (!…) are not supported; a value that begins with ! goes in quotes.";

    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly Findings _findings;
    private readonly Dictionary<AnchorName, YamlNode> _anchors = [];
    private long _aliasedNodes;

    private YamlTree(string text, Findings findings)
    {
        _scanner = new Scanner(new StringReader(text));
        _parser = new Parser(_scanner);
        _findings = findings;
    }

    /// <summary>The root of the one document in the text; none, and a fault, where there is none to be had.</summary>
    public static YamlNode? Parse(string text, Findings findings)
    {
        var tree = new YamlTree(text, findings);
        try
        {
            return tree.ReadDocument();
        }
        catch (YamlException problem)
        {
            findings.Add((int)problem.Start.Line, (int)problem.Start.Column, "", $"This is not YAML: {Sentence(problem.Message)}");
        }
        catch (Exception problem) when (problem is InvalidOperationException or ArgumentException or FormatException or IndexOutOfRangeException)
        {
            // The scanner forgets to wrap some of its own: a line break in a flow list with a mapping in it is an InvalidOperationException.
            var at = tree._scanner.CurrentPosition;
            findings.Add((int)at.Line, (int)at.Column, "", "This is not YAML: something is wrong here or shortly before.");
        }

        return null;
    }

    private YamlNode? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _)) return Empty();
        var root = ReadNode(depth: 0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
        {
            _findings.Add((int)second.Start.Line, (int)second.Start.Column, "", "A second document begins here; the file must hold exactly one.");
            return null;
        }

        return root.IsNull ? Empty() : root;
    }

    private YamlNode? Empty()
    {
        _findings.Add(1, 1, "", "The file holds no settings; it needs at least one route (routes: { default: { path: / } }).");
        return null;
    }

    private YamlNode ReadNode(int depth)
    {
        if (_parser.TryConsume<AnchorAlias>(out var alias)) return Resolve(alias);

        var start = _parser.Require<NodeEvent>();
        if (depth > DepthMax) throw new SemanticErrorException(start.Start, start.End, $"nested deeper than {DepthMax} levels");
        // A tag is not echoed, nor is an alias: either may be a secret that begins with ! or * and was not quoted.
        if (!start.Tag.IsEmpty) _findings.Note((int)start.Start.Line, (int)start.Start.Column, "", TagsRefused);
        var node = start switch
        {
            Scalar scalar => ReadScalar(scalar),
            SequenceStart => ReadSequence(start, depth),
            _ => ReadMapping(start, depth),
        };
        if (!start.Anchor.IsEmpty) _anchors[start.Anchor] = node;
        return node;
    }

    private YamlNode Resolve(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value, out var node))
        {
            throw new SemanticErrorException(alias.Start, alias.End, AnchorUnknown);
        }

        _aliasedNodes += node.Size;
        if (_aliasedNodes <= AliasedNodesMax) return node;
        throw new SemanticErrorException(alias.Start, alias.End, $"the aliases up to here stand for more than {AliasedNodesMax} values");
    }

    private YamlNode ReadScalar(Scalar scalar)
    {
        _parser.MoveNext();
        return new YamlNode(YamlKind.Scalar, (int)scalar.Start.Line, (int)scalar.Start.Column)
        {
            Text = scalar.Value,
            Plain = scalar.Style is ScalarStyle.Plain or ScalarStyle.Any,
            Span = ((int)scalar.Start.Index, (int)scalar.End.Index),
            Anchor = scalar.Anchor.IsEmpty ? "" : scalar.Anchor.Value,
        };
    }

    private YamlNode ReadSequence(NodeEvent start, int depth)
    {
        var node = new YamlNode(YamlKind.Sequence, (int)start.Start.Line, (int)start.Start.Column);
        _parser.MoveNext();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            var item = ReadNode(depth + 1);
            node.Items.Add(item);
            node.Size += item.Size;
        }

        return node;
    }

    private YamlNode ReadMapping(NodeEvent start, int depth)
    {
        var node = new YamlNode(YamlKind.Mapping, (int)start.Start.Line, (int)start.Start.Column);
        _parser.MoveNext();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(depth + 1);
            var value = ReadNode(depth + 1);
            node.Entries.Add((key, value));
            node.Size += key.Size + value.Size;
        }

        return node;
    }

    private static string Sentence(string message) => Findings.Printable(message).TrimEnd('.') + ".";
}
