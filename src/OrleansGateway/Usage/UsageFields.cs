namespace OrleansGateway.Usage;

/// <summary>The fields of one record, found: each by its number, those unknown gone over. Of a field that is there twice the last one counts.</summary>
internal readonly ref struct UsageFields
{
    /// <summary>How many places <c>places</c> must have.</summary>
    public const int Count = 128;

    private readonly ReadOnlySpan<byte> _from;
    private readonly Span<Place> _places;

    /// <param name="from">Fields, one after the other.</param>
    /// <param name="places">Room for <see cref="Count"/>, all empty.</param>
    public UsageFields(ReadOnlySpan<byte> from, Span<Place> places)
    {
        _from = from;
        _places = places;
        var reader = new UsageFieldReader(from);
        while (!reader.IsAtEnd)
        {
            var (field, form) = (reader.Byte(), (UsageFieldForm)reader.Byte());
            if (field is 0 or >= Count) throw UsageFieldReader.Invalid($"has a field with the number {field}");
            var value = reader.Value(form);
            from.Overlaps(value, out var start);
            places[field] = new Place(start, value.Length, form, places[field].Times + 1);
        }
    }

    public bool Has(UsageField field) => _places[(int)field].Times > 0;

    /// <summary>A number; 0 if it is not there.</summary>
    public long Number(UsageField field) => Has(field) ? new UsageFieldReader(Value(field, UsageFieldForm.Number)).Signed() : 0;

    public int Int32(UsageField field)
    {
        var number = Number(field);
        return number is >= int.MinValue and <= int.MaxValue ? (int)number : throw UsageFieldReader.Invalid($"has a {field} of {number}");
    }

    /// <summary>A number of at most so much.</summary>
    public byte UpTo(UsageField field, int most)
    {
        var number = Number(field);
        return number >= 0 && number <= most ? (byte)number : throw UsageFieldReader.Invalid($"has a {field} of {number}, which this program does not know");
    }

    public Guid Id(UsageField field) => Has(field) ? new Guid(Value(field, UsageFieldForm.Id)) : Guid.Empty;

    public string? Text(UsageField field) => Has(field) ? UsageFieldReader.Text(Value(field, UsageFieldForm.Bytes)) : null;

    /// <summary>All values of a field that may be there more than once, in order.</summary>
    public T[] Many<T>(UsageField field, Func<UsageFieldReader, T> read)
    {
        if (!Has(field)) return [];
        var found = new T[_places[(int)field].Times];
        var reader = new UsageFieldReader(_from);
        for (var i = 0; i < found.Length;)
        {
            var (number, form) = (reader.Byte(), (UsageFieldForm)reader.Byte());
            var value = reader.Value(form);
            if (number != (byte)field) continue;
            if (form != UsageFieldForm.Bytes) throw WrongForm(field);
            found[i++] = read(new UsageFieldReader(value));
        }

        return found;
    }

    private ReadOnlySpan<byte> Value(UsageField field, UsageFieldForm form)
    {
        var place = _places[(int)field];
        return place.Form == form ? _from.Slice(place.Start, place.Length) : throw WrongForm(field);
    }

    private static InvalidDataException WrongForm(UsageField field) => UsageFieldReader.Invalid($"has a {field} of another form");

    /// <summary>Where a value is.</summary>
    internal readonly record struct Place(int Start, int Length, UsageFieldForm Form, int Times);
}
