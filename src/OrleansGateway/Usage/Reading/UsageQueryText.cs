using OrleansGateway.Configuration;

namespace OrleansGateway.Usage.Reading;

/// <summary>Something wrong with a question about usage.</summary>
/// <param name="Path">The parameter.</param>
/// <param name="Message">What would be right.</param>
internal readonly record struct QuestionFault(string Path, string Message);

/// <summary>Reads a question about usage from the query of a request. What is wrong is noted, all of it, and whoever asked must be told.</summary>
internal sealed class UsageQueryText(IQueryCollection query, DateTimeOffset now)
{
    /// <summary>Time that a report covers unless told.</summary>
    public static readonly TimeSpan SpanDefault = TimeSpan.FromDays(1);

    /// <summary>Longest time that a report may cover.</summary>
    public static readonly TimeSpan SpanMax = TimeSpan.FromDays(3 * 366);

    /// <summary>Longest time that a report by minutes may cover.</summary>
    public static readonly TimeSpan SpanOfMinutesMax = TimeSpan.FromDays(31);

    private const int ValuesMax = 100;
    private const int GroupsMax = 6;

    private readonly List<QuestionFault> _faults = [];

    public IReadOnlyList<QuestionFault> Faults => _faults;

    /// <summary>The text of a parameter; none if it is not there or empty.</summary>
    public string? Text(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;

    public void Fault(string path, string message) => _faults.Add(new QuestionFault(path, message));

    /// <summary>A fault for each parameter that is not known: a mistyped filter must not pass for none.</summary>
    public void Known(IReadOnlyCollection<string> known)
    {
        foreach (var name in query.Keys.Except(known, StringComparer.OrdinalIgnoreCase)) Fault(name, $"Is not known here. Known are: {string.Join(", ", known)}.");
    }

    /// <summary>An instant, or a length of time before now.</summary>
    public DateTimeOffset? Instant(string name)
    {
        if (Text(name) is not { } text) return null;
        if (text == "now") return now;
        if (Duration.TryParse(text, out var ago) && ago <= now - DateTimeOffset.UnixEpoch) return now - ago;
        // A space is what a plus in a query comes to: an offset that was not escaped.
        if (DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)) return instant.ToUniversalTime();
        Fault(name, "Must be an instant such as 2030-01-31T00:00:00Z, or a time before now such as 24h or 7d.");
        return null;
    }

    /// <summary>From when on and until when.</summary>
    public (DateTimeOffset From, DateTimeOffset To) Range(TimeSpan spanDefault)
    {
        var to = Instant("to") ?? now;
        var from = Instant("from") ?? to - spanDefault;
        if (from > to) Fault("from", "Must not be later than to.");
        else if (to - from > SpanMax) Fault("from", $"Must be at most {SpanMax.TotalDays} days before to.");
        return (from, to);
    }

    /// <summary>How long each row's time is.</summary>
    public UsageStep Step(DateTimeOffset from, DateTimeOffset to)
    {
        if (Text("step") is not { } text) return UsageStep.None;
        if (!UsageWords.Steps.TryGetValue(text, out var step)) Fault("step", $"Must be one of {string.Join(", ", UsageWords.Steps.Keys.Order(StringComparer.Ordinal))}.");
        else if (step == UsageStep.Minute && to - from > SpanOfMinutesMax) Fault("step", $"Minutes are for at most {SpanOfMinutesMax.TotalDays} days.");
        return step;
    }

    /// <summary>Where days begin.</summary>
    public TimeZoneInfo Zone()
    {
        if (Text("zone") is not { } id) return TimeZoneInfo.Utc;
        if (TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone)) return zone;
        Fault("zone", "Must be a time zone of the IANA database, such as Europe/Berlin.");
        return TimeZoneInfo.Utc;
    }

    /// <summary>What rows are for: of those that may be asked for.</summary>
    public IReadOnlyList<UsageDimension> By(IReadOnlyCollection<UsageDimension> allowed)
    {
        var by = new List<UsageDimension>();
        foreach (var word in query["by"].SelectMany(text => (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (UsageWords.Dimensions.TryGetValue(word, out var dimension) && allowed.Contains(dimension)) by.Add(dimension);
            else Fault("by", $"'{word}' is none of {string.Join(", ", allowed.Select(UsageWords.Name))}.");
        }

        if (by.Count != by.Distinct().Count()) Fault("by", "Must not name anything twice.");
        if (by.Count > GroupsMax) Fault("by", $"Must name at most {GroupsMax}.");
        return by;
    }

    /// <summary>Filters: a parameter that is there more than once takes any of its values.</summary>
    public Dictionary<UsageDimension, IReadOnlyList<string>> Only(IReadOnlyCollection<UsageDimension> allowed)
    {
        var only = new Dictionary<UsageDimension, IReadOnlyList<string>>();
        foreach (var dimension in allowed)
        {
            var name = UsageWords.Name(dimension);
            var values = query[name].Where(v => !string.IsNullOrEmpty(v)).Select(v => v == UsageWords.None ? "" : v!).Distinct(StringComparer.Ordinal).ToArray();
            if (values.Length > ValuesMax) Fault(name, $"Must have at most {ValuesMax} values.");
            else if (values.Length > 0) only[dimension] = values;
        }

        return only;
    }

    /// <summary>A whole number within bounds.</summary>
    public int Number(string name, int otherwise, int most)
    {
        if (Text(name) is not { } text) return otherwise;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most) return number;
        Fault(name, $"Must be 1 to {most}.");
        return otherwise;
    }

    /// <summary>Rows to leave out, as the page before said.</summary>
    public int Offset()
    {
        if (Text("cursor") is not { } text) return 0;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) return offset;
        Fault("cursor", "Must be the next_cursor of the page before.");
        return 0;
    }

    /// <summary>The record to go on behind, as the page before, or an event of the tail, said.</summary>
    public UsageCursor? Cursor()
    {
        if (Text("cursor") is not { } text) return null;
        if (UsageCursorText.TryRead(text, out var cursor)) return cursor;
        Fault("cursor", "Must be the next_cursor of the page before.");
        return null;
    }
}
