using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;

namespace OrleansGateway.Configuration;

/// <summary>One setting of a record: its name, what may stand there, and its bounds.</summary>
internal sealed class SettingField
{
    private readonly Regex? _pattern;

    public SettingField(PropertyInfo property, object defaults)
    {
        Property = property;
        Name = ScalarFormat.SnakeCase(property.Name);
        Shape = SettingShape.Of(property.PropertyType);
        Default = property.GetValue(defaults);
        IsRequired = property.IsDefined(typeof(RequiredAttribute));
        CountMin = property.GetCustomAttribute<MinLengthAttribute>()?.Length ?? 0;
        CountMax = property.GetCustomAttribute<MaxLengthAttribute>()?.Length ?? int.MaxValue;
        Pattern = property.GetCustomAttribute<RegularExpressionAttribute>()?.Pattern;
        if (Pattern is not null) _pattern = new Regex(Pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        if (property.GetCustomAttribute<RangeAttribute>() is { } range) Range = (Bound(range, range.Minimum), Bound(range, range.Maximum));
    }

    public PropertyInfo Property { get; }
    public string Name { get; }
    public SettingShape Shape { get; }
    public object? Default { get; }
    public bool IsRequired { get; }

    /// <summary>Least and greatest value allowed; whole numbers as <see cref="long"/>, others as <see cref="double"/>.</summary>
    public (IComparable Min, IComparable Max)? Range { get; }

    public int CountMin { get; }
    public int CountMax { get; }
    public string? Pattern { get; }

    /// <summary>Whether it must be in the file, its default being no value that would do.</summary>
    public bool MustBeGiven => (IsRequired && Default is null or "") || (Default is ICollection list && list.Count < CountMin);

    /// <summary>What is wrong with a value of the right type; nothing if nothing is. <paramref name="shown"/> is the value as written.</summary>
    public string? Check(object value, string shown)
    {
        if (IsRequired && value is "") return "This must not be empty.";
        if (Range is { } range && (Comparable(value).CompareTo(range.Min) < 0 || Comparable(value).CompareTo(range.Max) > 0))
        {
            return $"{shown} is out of range; it must be {Write(range.Min)} to {Write(range.Max)}.";
        }

        if (value is ICollection list && (list.Count < CountMin || list.Count > CountMax))
        {
            return list.Count < CountMin
                ? $"There are {list.Count} entries; there must be at least {CountMin}."
                : $"There are {list.Count} entries; there may be at most {CountMax}.";
        }

        // The value is not shown: what is put in the wrong field may be a secret (a key where its hash belongs).
        var fits = _pattern is null || (value is string text && _pattern.IsMatch(text) && !text.EndsWith('\n'));
        return fits ? null : $"The value does not have the form {Pattern}.";
    }

    /// <summary>The written form of a bound.</summary>
    public string Write(IComparable bound) => ((SettingShape.Single)Shape).Format.Write(bound);

    private static IComparable Comparable(object value) => value is int number ? (long)number : (IComparable)value;

    private static IComparable Bound(RangeAttribute range, object bound) => range.OperandType switch
    {
        var type when type == typeof(TimeSpan) => TimeSpan.Parse((string)bound, CultureInfo.InvariantCulture),
        var type when type == typeof(ByteSize) && ByteSize.TryParse((string)bound, out var size) => size,
        var type when type == typeof(double) => (double)bound,
        _ => Convert.ToInt64(bound, CultureInfo.InvariantCulture),
    };
}
