using Microsoft.AspNetCore.Http;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Tests.Caching.Histories;

namespace OrleansGateway.Tests.Caching.Terms;

/// <summary>An answer with these fields, given as text, one on a line, to a request with those; it came a moment ago. Its <c>Date</c> is now unless it says another.</summary>
internal sealed class Answered
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly HistoryClock s_clock = new();

    private readonly RequestTerms _request;
    private readonly CacheDirectives _directives;
    private readonly bool _isTargeted;
    private readonly CacheSettings _settings;

    public Answered(string fields, string request = "", int status = 200, CacheSettings? settings = null)
    {
        _settings = settings ?? new CacheSettings { StaleIfError = TimeSpan.Zero };
        Request = Headers(request);
        _request = RequestTerms.Of(Request, _settings);
        Head = StoredHead.Of(new MemoryAnswer(new HistoryAnswer(status, Lines(fields), [])), Now);
        _directives = AnswerTerms.DirectivesOf(Head, out _isTargeted);
        Terms = AnswerTerms.Of(Head, _directives, _isTargeted, _settings, new AnswerTimes(s_clock.GetTimestamp(), s_clock.GetTimestamp(), Now), s_clock);
    }

    public HeaderDictionary Request { get; }

    public StoredHead Head { get; }

    public AnswerTerms Terms { get; }

    /// <summary>Why it is not stored; none if it is.</summary>
    public string? WhyNot => StoreRules.WhyNot(Head, _directives, _isTargeted, _request, _settings);

    /// <summary>Age as it came.</summary>
    public double Age => Terms.Age(s_clock, s_clock.GetTimestamp()).TotalSeconds;

    /// <summary>What may be done with it when it is so many seconds old.</summary>
    public Reuse At(double age, Standing standing = Standing.Valid) => ReuseRules.Judge(_request, Terms, standing, TimeSpan.FromSeconds(age));

    /// <summary>After a 304 with these fields.</summary>
    public StoredHead UpdatedBy(string fields) => Head.UpdatedBy(new MemoryAnswer(new HistoryAnswer(304, Lines(fields), [])), Now);

    public static HeaderDictionary Headers(string text)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in Lines(text).Lines) headers[name] = Microsoft.Extensions.Primitives.StringValues.Concat(headers[name], value);
        return headers;
    }

    private static Fields Lines(string text)
    {
        var fields = new Fields();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            fields.Add(line[..colon], line[(colon + 1)..].Trim());
        }

        return fields;
    }
}
