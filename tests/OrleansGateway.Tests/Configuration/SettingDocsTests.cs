using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

/// <summary>Every setting tells an operator what it means, from where to where it goes, and what it is if not given.</summary>
public sealed class SettingDocsTests
{
    /// <summary>Settings of which one in a group is given, as their record's or neighbour's comment says: there is no default to name.</summary>
    private static readonly HashSet<string> OneOfAGroup =
    [
        "KeySettings.Secret", "KeySettings.Hash", "FakeFaultSettings.Status", "FakeFaultSettings.CutAfterTokens", "FakeFaultSettings.StallAfterTokens",
        "ProviderSettings.Fake",
    ];

    private static readonly DocComments Comments = DocComments.Load();

    public static TheoryData<string> Settings => [.. Records(typeof(GatewaySettings)).Distinct().SelectMany(r => r.Fields).Select(NameOf).Distinct()];

    [Theory]
    [MemberData(nameof(Settings))]
    public void Comment_OfEverySetting_NamesMeaningRangeAndDefault(string name)
    {
        var field = Records(typeof(GatewaySettings)).SelectMany(r => r.Fields).First(f => NameOf(f) == name);
        var comment = Comments.Of(field.Property);

        Assert.NotEmpty(comment);
        if (field.Range is { } range) Assert.Contains($"{Prose(range.Min)} to {Prose(range.Max)}", comment, StringComparison.Ordinal);
        var isSection = field.Shape is SettingShape.Section && field.Default is not null || field.Shape is SettingShape.MapOf { Value: SettingShape.Section };
        if (!field.MustBeGiven && !isSection && !OneOfAGroup.Contains(name)) Assert.Contains("default", comment, StringComparison.OrdinalIgnoreCase);
        if (field is { Range: not null, Default: { } value }) Assert.Contains(Prose(value), comment[comment.IndexOf("default", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public void Comment_OfEveryRecord_IsThere() => Assert.All(Records(typeof(GatewaySettings)), r => Assert.NotEmpty(Comments.Of(r.Type)));

    [Fact]
    public void Settings_OfTheWholeTree_AreFound() => Assert.Equal(78, Records(typeof(GatewaySettings)).Distinct().Count());

    private static string NameOf(SettingField field) => $"{field.Property.DeclaringType!.Name}.{field.Property.Name}";

    private static IEnumerable<SettingRecord> Records(Type type)
    {
        var record = SettingRecord.Of(type);
        return record.Fields.SelectMany(f => Within(f.Shape)).Prepend(record);
    }

    private static IEnumerable<SettingRecord> Within(SettingShape shape) => shape switch
    {
        SettingShape.Section section => Records(section.Record.Type),
        SettingShape.ListOf list => Within(list.Item),
        SettingShape.MapOf map => Within(map.Value),
        _ => [],
    };

    /// <summary>A bound as a comment writes it: <c>1,000,000</c>, <c>32 MiB</c>, <c>5 minutes</c>.</summary>
    private static string Prose(object bound) => bound switch
    {
        TimeSpan time when time == TimeSpan.Zero => "0 s",
        TimeSpan { TotalSeconds: < 1 } time => $"{time.TotalMilliseconds} ms",
        TimeSpan { TotalMinutes: < 1 } time => $"{time.TotalSeconds} s",
        TimeSpan { TotalHours: < 1 } time => Count(time.TotalMinutes, "minute"),
        TimeSpan { TotalDays: < 1 } time => Count(time.TotalHours, "hour"),
        TimeSpan time => Count(time.TotalDays, "day"),
        ByteSize { Bytes: < 1024 } size => size.ToString(),
        ByteSize size => size.ToString().Insert(size.ToString().Length - 3, " "),
        _ => Convert.ToInt64(bound, CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture),
    };

    private static string Count(double count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
