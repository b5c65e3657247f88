using System.Collections.Concurrent;
using System.Reflection;

namespace OrleansGateway.Configuration;

/// <summary>What may stand at a place in the document.</summary>
internal abstract record SettingShape
{
    private SettingShape() { }

    public sealed record Single(ScalarFormat Format, bool IsSecret, Type Type) : SettingShape;

    public sealed record Section(SettingRecord Record) : SettingShape;

    public sealed record ListOf(SettingShape Item, Type ItemType) : SettingShape;

    public sealed record MapOf(SettingShape Value, Type ValueType) : SettingShape;

    public static SettingShape Of(Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (ScalarFormat.Of(type) is { } format) return new Single(format, type == typeof(Secret), type);
        var generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        if (generic == typeof(IReadOnlyList<>)) return new ListOf(Of(type.GenericTypeArguments[0]), type.GenericTypeArguments[0]);
        if (generic == typeof(IReadOnlyDictionary<,>)) return new MapOf(Of(type.GenericTypeArguments[1]), type.GenericTypeArguments[1]);
        return new Section(SettingRecord.Of(type));
    }
}

/// <summary>One settings record: its fields as they are written. Found by reflection, once per type.</summary>
internal sealed class SettingRecord
{
    private static readonly ConcurrentDictionary<Type, SettingRecord> All = new();

    private SettingRecord(Type type)
    {
        Type = type;
        var defaults = Create();
        Fields = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => new SettingField(p, defaults))];
        ShortForm = Fields.SingleOrDefault(f => f.Property.IsDefined(typeof(ShortFormAttribute)));
    }

    public Type Type { get; }

    /// <summary>In the order of the source.</summary>
    public IReadOnlyList<SettingField> Fields { get; }

    /// <summary>The setting that a single value stands for; none if the record is always a section.</summary>
    public SettingField? ShortForm { get; }

    public static SettingRecord Of(Type type) => All.GetOrAdd(type, static t => new SettingRecord(t));

    /// <summary>The record with every setting at its default.</summary>
    public object Create() => Activator.CreateInstance(Type)!;
}
