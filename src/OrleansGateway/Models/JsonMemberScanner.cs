using System.Buffers;

namespace OrleansGateway.Models;

/// <summary>
/// Watches a JSON object go by in pieces and keeps the value of one of its own members (not of nested objects), without parsing the rest: strings
/// and numbers are skipped by vectorised search, so a whole answer costs what a copy of it costs. It trusts the sender to send JSON; what is
/// kept is parsed by whoever uses it.
/// </summary>
internal sealed class JsonMemberScanner(ReadOnlyMemory<byte> name)
{
    /// <summary>Longest value kept. Usage objects have some hundred bytes.</summary>
    public const int ValueBytesMax = 16 << 10;

    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[],:"u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);

    private readonly ArrayBufferWriter<byte> _key = new(32);
    private readonly ArrayBufferWriter<byte> _value = new(512);
    private int _depth;
    private bool _inString;
    private bool _escaped;
    private bool _keyNext;
    private bool _inKey;
    private bool _keeping;

    /// <summary>Bytes of the last such member's value; empty if there was none.</summary>
    public ReadOnlySpan<byte> Value => _keeping ? default : _value.WrittenSpan;

    public void Scan(ReadOnlySpan<byte> json)
    {
        while (!json.IsEmpty)
        {
            var taken = _inString ? ScanString(json) : ScanStructure(json);
            json = json[taken..];
        }
    }

    private int ScanString(ReadOnlySpan<byte> json)
    {
        if (_escaped)
        {
            _escaped = false;
            Keep(json[..1]);
            return 1;
        }

        var end = json.IndexOfAny(StringEnd);
        var taken = end < 0 ? json.Length : end + 1;
        if (_inKey && _key.WrittenCount <= name.Length) _key.Write(json[..(end < 0 ? taken : end)]);
        Keep(json[..taken]);
        if (end < 0) return taken;
        if (json[end] == '\\') _escaped = true;
        else _inString = _inKey = false;
        return taken;
    }

    private int ScanStructure(ReadOnlySpan<byte> json)
    {
        var at = json.IndexOfAny(Structure);
        if (at < 0)
        {
            Keep(json);
            return json.Length;
        }

        Keep(json[..at]);
        Take(json[at]);
        return at + 1;
    }

    private void Take(byte mark)
    {
        switch (mark)
        {
            case (byte)'"':
                _inString = true;
                _inKey = _keyNext;
                if (_inKey) _key.ResetWrittenCount();
                Keep([mark]);
                break;
            case (byte)'{' or (byte)'[':
                Keep([mark]);
                _keyNext = ++_depth == 1 && mark == '{';
                break;
            case (byte)'}' or (byte)']':
                if (--_depth == 0) _keeping = false;
                Keep([mark]);
                break;
            case (byte)':' when _depth == 1 && _keyNext:
                _keyNext = false;
                _keeping = _key.WrittenSpan.SequenceEqual(name.Span);
                if (_keeping) _value.ResetWrittenCount();
                break;
            case (byte)',' when _depth == 1:
                _keeping = false;
                _keyNext = true;
                break;
            default:
                Keep([mark]);
                break;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (!_keeping) return;
        if (_value.WrittenCount + bytes.Length <= ValueBytesMax)
        {
            _value.Write(bytes);
            return;
        }

        _keeping = false;
        _value.ResetWrittenCount();
    }
}
