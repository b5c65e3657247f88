using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrleansGateway.Usage;

namespace OrleansGateway.Storage.Usage;

/// <summary>
/// What a rollup is of: one value of each dimension, or of those that a narrow view has, or a tenant and one of its tags. It is kept once and rollups have its number: values are long, and there are few that go together.
/// </summary>
internal sealed class UsageTuple : IEquatable<UsageTuple>
{
    /// <summary>Dimensions without the tag.</summary>
    public const int Dimensions = (int)UsageDimension.Tag;

    /// <summary>Columns, in the order of <see cref="UsageDimension"/>. The tag's is null where the tuple is of the others, and the view's where it leaves nothing out.</summary>
    public static readonly IReadOnlyList<string> Columns =
    [
        "tenant", "team", "user_name", "key_id", "route", "operation", "dialect", "model", "provider", "target_model", "outcome", "error", "cache", "source", "kind", "tag", "view_name",
    ];

    private const int View = Dimensions + 1;
    private const int DigestLength = 16;

    private readonly string?[] _values;
    private readonly int _hash;

    public UsageTuple(string?[] values)
    {
        _values = values;
        var hash = new HashCode();
        foreach (var value in values) hash.Add(value);
        _hash = hash.ToHashCode();
    }

    public static UsageTuple Of(UsageRecord record)
    {
        var values = new string?[Columns.Count];
        for (var i = 0; i < Dimensions; i++) values[i] = UsageDimensions.Of(record, (UsageDimension)i);
        return new UsageTuple(values);
    }

    /// <summary>One of the record's tags; an empty one for a record that has none.</summary>
    public static UsageTuple OfTag(UsageRecord record, string tag)
    {
        var values = new string?[Columns.Count];
        Array.Fill(values, "", 0, Dimensions);
        values[(int)UsageDimension.Tenant] = UsageDimensions.Of(record, UsageDimension.Tenant);
        values[Dimensions] = UsageDimensions.Short(tag);
        return new UsageTuple(values);
    }

    public string? this[UsageDimension dimension] => _values[(int)dimension];

    public string Tenant => _values[0]!;

    public bool IsTag => _values[Dimensions] is not null;

    /// <summary>The same in a narrow view, which knows the values of its own dimensions only.</summary>
    public UsageTuple In(UsageView view)
    {
        var values = new string?[Columns.Count];
        Array.Fill(values, "", 0, Dimensions);
        foreach (var dimension in view.Dimensions()) values[(int)dimension] = _values[(int)dimension];
        values[View] = view.Name();
        return new UsageTuple(values);
    }

    /// <summary>The same without what callers may choose at will.</summary>
    public UsageTuple Folded()
    {
        var values = (string?[])_values.Clone();
        if (IsTag)
        {
            if (values[Dimensions] != "") values[Dimensions] = UsageDimensions.Other;
            return new UsageTuple(values);
        }

        foreach (var dimension in (ReadOnlySpan<UsageDimension>)[UsageDimension.User, UsageDimension.Model])
        {
            if (values[(int)dimension] != "") values[(int)dimension] = UsageDimensions.Other;
        }

        return new UsageTuple(values);
    }

    /// <summary>Tells tuples apart in an index: 15 columns would make a large one.</summary>
    public byte[] Digest()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        // Without a view as it was before there were any: what is there already must be found.
        foreach (var value in _values[View] is null ? _values.AsSpan(0, View) : _values)
        {
            BitConverter.TryWriteBytes(length, value?.Length ?? -1);
            sha.AppendData(length);
            sha.AppendData(MemoryMarshal.AsBytes(value.AsSpan()));
        }

        return sha.GetHashAndReset()[..DigestLength];
    }

    /// <summary>Of a rollup by all dimensions: these; of one by tag: tenant and tag.</summary>
    public IReadOnlyList<string> Values => IsTag ? [Tenant, _values[Dimensions]!] : [.. _values.Take(Dimensions).Select(v => v!)];

    public bool Equals(UsageTuple? other) => other is not null && other._hash == _hash && _values.AsSpan().SequenceEqual(other._values);

    public override bool Equals(object? obj) => Equals(obj as UsageTuple);

    public override int GetHashCode() => _hash;
}
