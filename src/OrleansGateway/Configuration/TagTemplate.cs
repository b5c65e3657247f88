namespace OrleansGateway.Configuration;

/// <summary>A tag that answers are stored with, made of what the route's path matched.</summary>
internal sealed class TagTemplate
{
    private readonly (TemplatePiece Piece, int Segment, bool IsRest)[] _pieces;

    private TagTemplate((TemplatePiece Piece, int Segment, bool IsRest)[] pieces) => _pieces = pieces;

    /// <summary>Reads the written form; or none, and what is wrong with it.</summary>
    public static (TagTemplate? Template, string Problem) Parse(string text, PathPattern pattern)
    {
        if (text.Length is 0 or > 256) return (null, "A tag has 1 to 256 characters.");
        var (template, problem) = TargetTemplate.Parse(text);
        if (template is null) return (null, problem);
        var pieces = new List<(TemplatePiece, int, bool)>();
        foreach (var piece in template)
        {
            var segment = piece.Name is null ? -1 : pattern.IndexOf(piece.Name) ?? -2;
            if (segment == -2) return (null, $"There is no {{{piece.Name}}}: known are the names in the route's path.");
            pieces.Add((piece, segment, pattern.HasRest && segment == pattern.Segments.Count));
        }

        return (new TagTemplate([.. pieces]), "");
    }

    /// <summary>The tag for a path that the route's pattern matched.</summary>
    public string Of(string rawPath) => string.Concat(_pieces.Select(piece => piece.Piece.Name is null ? piece.Piece.Text
        : Uri.UnescapeDataString((piece.IsRest ? PathSegments.From(rawPath, piece.Segment) : PathSegments.At(rawPath, piece.Segment)).ToString())));
}
