namespace OrleansGateway.Models;

/// <summary>Tells whether the characters of a JSON object that came so far, in pieces cut anywhere, are the whole object.</summary>
internal sealed class JsonEnd
{
    private int _depth;
    private bool _inString;
    private bool _escaped;

    public bool IsWhole { get; private set; }

    public void Reset()
    {
        _depth = 0;
        _inString = _escaped = IsWhole = false;
    }

    public void Scan(ReadOnlySpan<char> fragment)
    {
        foreach (var c in fragment)
        {
            if (_escaped) _escaped = false;
            else if (_inString && c == '\\') _escaped = true;
            else if (c == '"') _inString = !_inString;
            else if (!_inString && c is '{' or '[') _depth++;
            else if (!_inString && c is '}' or ']') IsWhole = --_depth == 0;
        }
    }
}
