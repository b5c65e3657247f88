using System.Text.RegularExpressions;

namespace OrleansGateway.Configuration;

/// <summary>How one kind of single value is written. The reader, the JSON Schema and the reference page all go by it.</summary>
/// <param name="Name">Its name on the reference page.</param>
/// <param name="Right">What a right value is, for the end of "… is not …".</param>
/// <param name="JsonType">Its type in JSON Schema.</param>
/// <param name="Pattern">Regular expression for the JSON Schema; none where the type says all.</param>
/// <param name="Parse">Reads the written form; nothing where it is none.</param>
/// <param name="Write">The written form of a value.</param>
internal sealed partial record ScalarFormat(
    string Name, string Right, string JsonType, string? Pattern, Func<string, object?> Parse, Func<object, string> Write)
{
    private static readonly Dictionary<Type, ScalarFormat> Known = new()
    {
        [typeof(string)] = Text("text", "a text", null, text => text),
        [typeof(Secret)] = Text("secret", "a secret", null, text => new Secret(text)),
        [typeof(bool)] = new("true or false", "true or false", "boolean", null, ParseBool, value => (bool)value ? "true" : "false"),
        [typeof(int)] = Integer(typeof(int), text => int.TryParse(text, Digits, CultureInfo.InvariantCulture, out var n) ? n : null),
        [typeof(long)] = Integer(typeof(long), text => long.TryParse(text, Digits, CultureInfo.InvariantCulture, out var n) ? n : null),
        [typeof(double)] = new("number", "a number such as 0.25", "number", null, text => ParseNumber(text),
            value => ((double)value).ToString(CultureInfo.InvariantCulture)),
        [typeof(TimeSpan)] = Text("duration", "a duration such as 500ms, 30s, 10m, 2h, 1d or 1m30s", Duration.Pattern,
            text => Duration.TryParse(text, out var duration) ? duration : null, value => Duration.Write((TimeSpan)value)),
        [typeof(ByteSize)] = Text("size", "a size such as 512, 64KiB, 32MiB or 1GiB", "^[0-9]+(KiB|MiB|GiB)?$",
            text => ByteSize.TryParse(text, out var size) ? size : null),
        [typeof(Quantity)] = new("amount", "an amount such as 1000, 12.50 (at most 9 decimals, at most 9000000000) or unlimited", "string", Quantities,
            text => Quantity.TryParse(text, out var quantity) ? quantity : null, value => value.ToString()!),
        [typeof(LimitWindow)] = Text("duration or calendar unit", "a duration such as 30s or 1m, or one of minute, hour, day, week, month",
            $"{Duration.Pattern}|^(minute|hour|day|week|month)$", text => LimitWindow.TryParse(text, out var window) ? window : null),
        [typeof(TimeZoneInfo)] = Text("time zone", "a time zone that this machine knows, such as UTC or Europe/Berlin", "^[A-Za-z][A-Za-z0-9_+/-]*$",
            text => TimeZoneInfo.TryFindSystemTimeZoneById(text, out var zone) ? zone : null, value => ((TimeZoneInfo)value).Id),
        [typeof(Uri)] = Text("URL", "an absolute http or https URL without user name, query or fragment", "^https?://", ParseUri),
        [typeof(IPEndPoint)] = Text("IP:port", "an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080 (names are not looked up)",
            "^([0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$", ParseEndPoint),
        [typeof(IPNetwork)] = Text("network", "a network such as 10.0.0.0/8 or 2001:db8::/32, with no bit set beyond the prefix",
            "^[0-9A-Fa-f:.]+/[0-9]{1,3}$", ParseNetwork),
        [typeof(DateTimeOffset)] = Text("date and time", "a date and time in ISO 8601 with offset, such as 2030-12-31T23:59:59Z or 2030-12-31T23:59:59+01:00",
            "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,7})?)?(Z|[+-][0-9]{2}:[0-9]{2})$", ParseInstant,
            value => ((DateTimeOffset)value).ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture)),
    };

    private static readonly string[] InstantForms = ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];
    private const string Quantities = @"^([0-9]+(\.[0-9]{1,9})?|unlimited)$";
    private const NumberStyles Digits = NumberStyles.AllowLeadingSign;

    /// <summary>The values of an enumeration as they are written; none for other formats.</summary>
    public IReadOnlyList<string> Choices { get; private init; } = [];

    /// <summary>The format of a type; none if the type is not a single value.</summary>
    public static ScalarFormat? Of(Type type)
    {
        if (!type.IsEnum) return Known.GetValueOrDefault(type);
        var values = Enum.GetValues(type).Cast<object>().ToDictionary(v => SnakeCase(v.ToString()!), StringComparer.Ordinal);
        var choices = string.Join(", ", values.Keys);
        return new ScalarFormat(string.Join(" or ", values.Keys.Select(k => $"`{k}`")), $"one of {choices}", "string", null,
            text => values.GetValueOrDefault(text), value => SnakeCase(value.ToString()!)) { Choices = [.. values.Keys] };
    }

    /// <summary>
    /// A name of ours as it is written in the file: <c>BaseUrl</c> is <c>base_url</c>. Capitals in a row are one word: <c>OpenAI</c> is <c>openai</c>. So is a
    /// length of time at the end: <c>CacheWrite1h</c> is <c>cache_write_1h</c>.
    /// </summary>
    public static string SnakeCase(string name) =>
        name == nameof(ProviderKind.OpenAI) ? "openai" : WordStart().Replace(name, "_").ToLowerInvariant();

    private static ScalarFormat Text(string name, string right, string? pattern, Func<string, object?> parse, Func<object, string>? write = null) =>
        new(name, right, "string", pattern, parse, write ?? (value => value.ToString()!));

    private static ScalarFormat Integer(Type type, Func<string, object?> parse) =>
        new("whole number", $"a whole number of at most {(type == typeof(int) ? int.MaxValue : long.MaxValue)}", "integer", null, parse,
            value => Convert.ToString(value, CultureInfo.InvariantCulture)!);

    private static object? ParseBool(string text) => text switch { "true" => true, "false" => false, _ => null };

    private static double? ParseNumber(string text) =>
        double.TryParse(text, Digits | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static Uri? ParseUri(string text)
    {
        var absolute = !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) && Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null;
        if (absolute is null || absolute.Scheme != Uri.UriSchemeHttp && absolute.Scheme != Uri.UriSchemeHttps) return null;
        return absolute.UserInfo.Length + absolute.Query.Length + absolute.Fragment.Length == 0 && absolute.Host.Length > 0 ? absolute : null;
    }

    private static IPEndPoint? ParseEndPoint(string text)
    {
        if (!IPEndPoint.TryParse(text, out var endPoint)) return null;
        // TryParse also takes 8080, 127.1 and addresses without a port, which would bind something else than was meant.
        var isWhole = text.StartsWith('[') ? text.Contains("]:", StringComparison.Ordinal) && char.IsAsciiDigit(text[^1]) : endPoint.ToString() == text;
        return isWhole ? endPoint : null;
    }

    // TryParse drops bits beyond the prefix: 10.0.0.1/8 would let in 10.0.0.0/8, where /32 was meant.
    private static object? ParseNetwork(string text) =>
        IPNetwork.TryParse(text, out var network) && IPAddress.TryParse(text.Split('/')[0], out var address) && address.Equals(network.BaseAddress)
            ? network
            : null;

    private static object? ParseInstant(string text)
    {
        var offset = text.EndsWith('Z') || text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':';
        return offset && DateTimeOffset.TryParseExact(text, InstantForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant) ? instant : null;
    }

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9]+[a-z]$)", RegexOptions.CultureInvariant)]
    private static partial Regex WordStart();
}
