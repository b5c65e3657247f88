using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace OrleansGateway.Usage;

/// <summary>
/// Writes fields, each as its number and then its value. What is zero or none is left out. There must be room for all of it.
/// </summary>
internal ref struct UsageFieldWriter(Span<byte> to)
{
    /// <summary>Bytes that a number takes at most, with that of its field.</summary>
    public const int NumberLengthMax = 12;

    /// <summary>Bytes that an id takes, with the number of its field.</summary>
    public const int IdLength = 18;

    private readonly Span<byte> _to = to;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Most bytes that a text of so many characters can take, with the number of its field.</summary>
    public static int TextLengthMax(int characters) => NumberLengthMax + 3 * characters;

    public void Version(byte version) => _to[Length++] = version;

    /// <summary>A number, small ones of either sign in few bytes.</summary>
    public void Number(UsageField field, long number)
    {
        if (number != 0) NumberOrZero(field, number);
    }

    /// <summary>A number of which zero is not the same as none.</summary>
    public void NumberOrZero(UsageField field, long number)
    {
        _to[Length++] = (byte)field;
        _to[Length++] = (byte)UsageFieldForm.Number;
        Signed(number);
    }

    public void Id(UsageField field, Guid id)
    {
        if (id == Guid.Empty) return;
        _to[Length++] = (byte)field;
        _to[Length++] = (byte)UsageFieldForm.Id;
        id.TryWriteBytes(_to[Length..]);
        Length += 16;
    }

    public void Text(UsageField field, string? text)
    {
        if (text is null) return;
        _to[Length++] = (byte)field;
        _to[Length++] = (byte)UsageFieldForm.Bytes;
        // One byte for a length that is in nearly all cases below 128; moved if it is not.
        var at = Length++;
        BareText(text);
        CloseAt(at);
    }

    /// <summary>Begins a field that holds values of its own; answers what <see cref="CloseAt"/> wants to know.</summary>
    public int Open(UsageField field)
    {
        _to[Length++] = (byte)field;
        _to[Length++] = (byte)UsageFieldForm.Bytes;
        return Length++;
    }

    public void CloseAt(int at)
    {
        var length = Length - at - 1;
        if (length >= 0x80)
        {
            var more = VariableLength((ulong)length) - 1;
            _to.Slice(at + 1, length).CopyTo(_to[(at + 1 + more)..]);
            Length = at;
            Variable((ulong)length);
            Length += length;
            return;
        }

        _to[at] = (byte)length;
    }

    /// <summary>A text that others stand behind: its length comes first.</summary>
    public void Part(string text)
    {
        var at = Length++;
        BareText(text);
        CloseAt(at);
    }

    public void Signed(long number) => Variable((ulong)(number << 1) ^ (ulong)(number >> 63));

    // UTF-8 if there is one. Half a surrogate pair has none, and a text with it stays as it is in memory: two accounts must not become one.
    private void BareText(string text)
    {
        var form = Length++;
        if (Utf8.FromUtf16(text, _to[Length..], out _, out var written, replaceInvalidSequences: false) == System.Buffers.OperationStatus.Done)
        {
            _to[form] = (byte)UsageTextForm.Utf8;
            Length += written;
            return;
        }

        _to[form] = (byte)UsageTextForm.Utf16;
        var characters = MemoryMarshal.AsBytes(text.AsSpan());
        characters.CopyTo(_to[Length..]);
        Length += characters.Length;
    }

    private void Variable(ulong number)
    {
        for (; number >= 0x80; number >>= 7) _to[Length++] = (byte)(number | 0x80);
        _to[Length++] = (byte)number;
    }

    private static int VariableLength(ulong number)
    {
        var length = 1;
        for (; number >= 0x80; number >>= 7) length++;
        return length;
    }
}

/// <summary>How a field's value stands behind its number: enough to go over it without knowing the field.</summary>
internal enum UsageFieldForm : byte
{
    /// <summary>Seven bits a byte, the lowest first, zigzag.</summary>
    Number = 0,

    /// <summary>16 bytes.</summary>
    Id = 1,

    /// <summary>A length, seven bits a byte, and so many bytes.</summary>
    Bytes = 2,
}

internal enum UsageTextForm : byte
{
    Utf8 = 0,
    Utf16 = 1,
}
