namespace OrleansGateway.Tests.Tidy;

/// <summary>The repository keeps to its own rules.</summary>
public sealed class TidyTests
{
    [Fact]
    public void Namespaces_InEveryProject_AreTheirFolders() =>
        Holds(Repository.Projects.SelectMany(project =>
        {
            var folder = project[..(project.LastIndexOf('/') + 1)];
            return Repository.Code.Where(f => f.IsIn(folder)).SelectMany(f => SourceRules.NamespaceIsFolder(f, project));
        }));

    [Fact]
    public void FileNames_OfAllCode_AreTheirMainTypes() => Holds(Repository.Code.SelectMany(SourceRules.NameIsMainType));

    [Fact]
    public void Arrows_BetweenFeatures_PointTheRightWay() => Holds(Repository.Code.SelectMany(SourceRules.ArrowsPointTheRightWay));

    [Fact]
    public void Calls_ThatAreBanned_AreNotMade() => Holds(Repository.Code.SelectMany(BannedCalls.In));

    [Fact]
    public void Files_OfCode_AreShort() => Holds(Repository.Code.SelectMany(SourceRules.IsNotTooLong));

    [Fact]
    public void Numbers_OfLogMessages_StandForOneEach() => Holds(RepositoryRules.LogNumbersAreUnique(Repository.Code.Where(f => f.Path.StartsWith("src/", StringComparison.Ordinal))));

    [Fact]
    public void OpenEnds_InAllText_NameTheirIssue() => Holds(Repository.TextFiles.SelectMany(SourceRules.OpenEndsNameTheirIssue));

    [Fact]
    public void Lines_OfAllText_EndWithLineFeeds() => Holds(Repository.TextFiles.SelectMany(SourceRules.LinesEndWithLineFeedsOnly));

    [Fact]
    public void Files_OfAnyKind_AreSmall() =>
        Holds(Repository.Files.SelectMany(f => RepositoryRules.IsNotTooLarge(f, new FileInfo(Path.Combine(Repository.Root, f)).Length)));

    [Fact]
    public void Versions_OfPackages_AreInOnePlace() =>
        Holds(Repository.TextFiles.Where(f => f.Path.EndsWith("proj", StringComparison.Ordinal) || f.Path.EndsWith(".props", StringComparison.Ordinal))
            .SelectMany(RepositoryRules.VersionsAreCentral));

    [Fact]
    public void Links_InMarkdown_LeadSomewhere() =>
        Holds(Repository.TextFiles.Where(f => f.Path.EndsWith(".md", StringComparison.Ordinal))
            .SelectMany(f => RepositoryRules.LinksLeadSomewhere(f, path => Path.Exists(Path.Combine(Repository.Root, path)))));

    [Fact]
    public void Walk_OfTheRepository_FindsWhatIsThere()
    {
        Assert.Contains("src/OrleansGateway/Telemetry/AccessLog.cs", Repository.Files);
        Assert.Contains(Repository.Code, f => f.Path == "src/OrleansGateway/Telemetry/AccessLog.cs");
        Assert.DoesNotContain(Repository.Files, f => f.StartsWith("artifacts/", StringComparison.Ordinal));
    }

    private static void Holds(IEnumerable<string> faults)
    {
        var all = faults.ToArray();
        Assert.True(all.Length == 0, $"{all.Length} found:\n{string.Join('\n', all)}");
    }
}
