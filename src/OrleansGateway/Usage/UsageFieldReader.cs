using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace OrleansGateway.Usage;

/// <summary>
/// Reads what <see cref="UsageFieldWriter"/> wrote, whatever became of it. Throws nothing but <see cref="InvalidDataException"/>.
/// </summary>
internal ref struct UsageFieldReader(ReadOnlySpan<byte> from)
{
    private readonly ReadOnlySpan<byte> _from = from;
    private int _at;

    public readonly bool IsAtEnd => _at == _from.Length;

    public byte Byte() => _at < _from.Length ? _from[_at++] : throw Invalid("ends too early");

    public ReadOnlySpan<byte> Bytes(int length)
    {
        if (length > _from.Length - _at) throw Invalid("ends too early");
        var bytes = _from.Slice(_at, length);
        _at += length;
        return bytes;
    }

    /// <summary>Goes over a field's value, whatever the field is; answers its bytes, without a length.</summary>
    public ReadOnlySpan<byte> Value(UsageFieldForm form)
    {
        switch (form)
        {
            case UsageFieldForm.Number:
                var start = _at;
                Signed();
                return _from[start.._at];
            case UsageFieldForm.Id:
                return Bytes(16);
            case UsageFieldForm.Bytes:
                return Bytes(Length());
            default:
                throw Invalid($"has a value of unknown form {(byte)form}");
        }
    }

    public long Signed()
    {
        var number = Variable();
        return (long)(number >> 1) ^ -(long)(number & 1);
    }

    /// <summary>A text, with its length before it.</summary>
    public string Part() => Text(Bytes(Length()));

    /// <summary>All that is left, as a text.</summary>
    public string Text() => Text(Bytes(_from.Length - _at));

    public static string Text(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) throw Invalid("has a text without a form");
        var form = (UsageTextForm)bytes[0];
        bytes = bytes[1..];
        return form switch
        {
            UsageTextForm.Utf8 => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Invalid("has a text that is no UTF-8"),
            UsageTextForm.Utf16 => bytes.Length % 2 == 0 ? new string(MemoryMarshal.Cast<byte, char>(bytes)) : throw Invalid("has half a character"),
            _ => throw Invalid($"has a text of unknown form {(byte)form}"),
        };
    }

    public static InvalidDataException Invalid(string what) => new($"The usage record {what}.");

    private int Length()
    {
        var length = Variable();
        return length <= int.MaxValue ? (int)length : throw Invalid("ends too early");
    }

    private ulong Variable()
    {
        var number = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1) throw Invalid("has a number that is too large");
            number |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return number;
        }

        throw Invalid("has a number that is too large");
    }
}
