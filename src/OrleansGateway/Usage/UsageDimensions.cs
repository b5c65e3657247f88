using System.Text;
using OrleansGateway.Http;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Usage;

/// <summary>What a record is counted under, as text: names as they are, states as words. Reports answer these texts and are asked with them.</summary>
internal static class UsageDimensions
{
    /// <summary>Characters of a value; what is longer is counted under its beginning. Names that an operator gives are shorter.</summary>
    public const int LengthMax = 200;

    /// <summary>Under this are counted, together, the models and users of a tenant that has too many to keep apart, and its tags.</summary>
    public const string Other = "(other)";

    /// <summary>The record's value; an empty text for none. Of all dimensions but <see cref="UsageDimension.Tag"/>, of which there may be several.</summary>
    public static string Of(UsageRecord record, UsageDimension dimension) => Short(dimension switch
    {
        UsageDimension.Tenant => record.Tenant,
        UsageDimension.Team => record.Team,
        UsageDimension.User => record.User,
        UsageDimension.Key => record.Key,
        UsageDimension.Route => record.Route,
        UsageDimension.Operation => record.Operation,
        UsageDimension.Dialect => Word(record.Dialect),
        UsageDimension.Model => record.Model,
        UsageDimension.Provider => record.Provider,
        UsageDimension.TargetModel => record.TargetModel,
        UsageDimension.Outcome => record.Outcome.Word(),
        UsageDimension.Error => record.Error,
        UsageDimension.Cache => Word(record.Cache),
        UsageDimension.Source => Word(record.Source),
        UsageDimension.Kind => Word(record.Kind),
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, "Has no single value."),
    });

    /// <summary>The text, or its beginning. What PostgreSQL cannot hold in a text, which a token's claims may say, becomes U+FFFD.</summary>
    public static string Short(string? value)
    {
        if (value is null) return "";
        if (value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) value = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value));
        if (value.Contains('\0', StringComparison.Ordinal)) value = value.Replace('\0', '\uFFFD');
        // Not between the halves of a surrogate pair.
        return value.Length <= LengthMax ? value : value[..(char.IsHighSurrogate(value[LengthMax - 1]) ? LengthMax - 1 : LengthMax)];
    }

    private static string Word(Dialect dialect) => dialect == Dialect.Problem ? "http" : Words<Dialect>.Of(dialect);

    private static string Word<T>(T value) where T : struct, Enum => Words<T>.Of(value);

    private static class Words<T> where T : struct, Enum
    {
        private static readonly Dictionary<T, string> All = Enum.GetValues<T>().ToDictionary(v => v, v => v.ToString().ToLowerInvariant());

        // A number without a name comes from a later program.
        public static string Of(T value) => All.TryGetValue(value, out var word) ? word : value.ToString();
    }
}
