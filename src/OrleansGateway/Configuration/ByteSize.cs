namespace OrleansGateway.Configuration;

/// <summary>A number of bytes, written <c>512</c>, <c>64KiB</c>, <c>32MiB</c> or <c>1GiB</c>.</summary>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>, IComparable
{
    /// <summary>A size in units of 2^10 bytes.</summary>
    public static ByteSize FromKibibytes(long kibibytes) => new(kibibytes << 10);

    /// <summary>A size in units of 2^20 bytes.</summary>
    public static ByteSize FromMebibytes(long mebibytes) => new(mebibytes << 20);

    /// <summary>Reads the written form; false where it is none.</summary>
    public static bool TryParse(string text, out ByteSize size)
    {
        var shift = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.Ordinal) => 10,
            _ when text.EndsWith("MiB", StringComparison.Ordinal) => 20,
            _ when text.EndsWith("GiB", StringComparison.Ordinal) => 30,
            _ => 0,
        };
        var digits = shift == 0 ? text : text[..^3];
        var read = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var units) && units <= long.MaxValue >> shift;
        size = read ? new ByteSize(units << shift) : default;
        return read;
    }

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj is ByteSize other ? CompareTo(other) : throw new ArgumentException("Not a size.", nameof(obj));

    /// <summary>The written form, in the largest unit that divides it.</summary>
    public override string ToString() => Bytes switch
    {
        > 0 when Bytes % (1L << 30) == 0 => $"{Bytes >> 30}GiB",
        > 0 when Bytes % (1L << 20) == 0 => $"{Bytes >> 20}MiB",
        > 0 when Bytes % (1L << 10) == 0 => $"{Bytes >> 10}KiB",
        _ => Bytes.ToString(CultureInfo.InvariantCulture),
    };

    /// <inheritdoc/>
    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;
    /// <inheritdoc/>
    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;
    /// <inheritdoc/>
    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;
    /// <inheritdoc/>
    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;
}
