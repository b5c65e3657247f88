namespace OrleansGateway.Configuration;

/// <summary>An amount that is kept exactly: <c>1000</c>, <c>12.50</c>, up to nine decimals; or <c>unlimited</c>.</summary>
public readonly record struct Quantity
{
    /// <summary>Parts of one that an amount is kept in: nano-dollars of a dollar.</summary>
    public const long Nano = 1_000_000_000;

    private const string Everything = "unlimited";

    private Quantity(long nanos) => Nanos = nanos;

    /// <summary>No bound at all.</summary>
    public static Quantity Unlimited { get; } = new(-1);

    /// <summary>The amount in 10⁻⁹; negative if there is no bound.</summary>
    public long Nanos { get; }

    /// <summary>Whether there is no bound.</summary>
    public bool IsUnlimited => Nanos < 0;

    /// <summary>Whether it is a number without a fraction.</summary>
    public bool IsWhole => Nanos >= 0 && Nanos % Nano == 0;

    /// <summary>The amount in ones. Only of whole ones.</summary>
    public long Ones => Nanos / Nano;

    /// <summary>A whole amount.</summary>
    public static Quantity Of(long ones) => new(checked(ones * Nano));

    /// <summary>Reads the written form; false where it is none. At most nine thousand million.</summary>
    public static bool TryParse(string text, out Quantity quantity)
    {
        quantity = Unlimited;
        if (text == Everything) return true;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var (ones, fraction) = dot < 0 ? (text, "") : (text[..dot], text[(dot + 1)..]);
        if (dot >= 0 && fraction.Length is 0 or > 9) return false;
        if (!long.TryParse(ones, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) || whole > 9_000_000_000) return false;
        if (!long.TryParse(fraction.PadRight(9, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out var rest)) return false;
        quantity = new Quantity(whole * Nano + rest);
        return true;
    }

    /// <summary>The written form, without zeros at its end.</summary>
    public override string ToString()
    {
        if (IsUnlimited) return Everything;
        var rest = Nanos % Nano;
        var fraction = rest == 0 ? "" : "." + rest.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return Ones.ToString(CultureInfo.InvariantCulture) + fraction;
    }
}
