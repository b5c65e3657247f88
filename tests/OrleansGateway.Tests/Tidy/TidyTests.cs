namespace OrleansGateway.Tests.Tidy;

/// <summary>The repository keeps to its own rules.</summary>
public sealed class TidyTests
{
    [Fact]
    public void Namespaces_InEveryProject_AreTheirFolders() =>
        Holds(RepositoryFiles.Projects.SelectMany(project =>
        {
            var folder = project[..(project.LastIndexOf('/') + 1)];
            return RepositoryFiles.Code.Where(f => f.IsIn(folder)).SelectMany(f => SourceRules.NamespaceIsFolder(f, project));
        }));

    [Fact]
    public void FileNames_OfAllCode_AreTheirMainTypes() => Holds(RepositoryFiles.Code.SelectMany(SourceRules.NameIsMainType));

    [Fact]
    public void Arrows_BetweenFeatures_PointTheRightWay() => Holds(RepositoryFiles.Code.SelectMany(SourceRules.ArrowsPointTheRightWay));

    [Fact]
    public void Calls_ThatAreBanned_AreNotMade() => Holds(RepositoryFiles.Code.SelectMany(BannedCalls.In));

    [Fact]
    public void Files_OfCode_AreShort() => Holds(RepositoryFiles.Code.SelectMany(SourceRules.IsNotTooLong));

    [Fact]
    public void Numbers_OfLogMessages_StandForOneEach() => Holds(RepositoryRules.LogNumbersAreUnique(RepositoryFiles.Code.Where(f => f.Path.StartsWith("src/", StringComparison.Ordinal))));

    [Fact]
    public void OpenEnds_InAllText_NameTheirIssue() => Holds(RepositoryFiles.TextFiles.SelectMany(SourceRules.OpenEndsNameTheirIssue));

    [Fact]
    public void Lines_OfAllText_EndWithLineFeeds() => Holds(RepositoryFiles.TextFiles.SelectMany(SourceRules.LinesEndWithLineFeedsOnly));

    [Fact]
    public void Files_OfAnyKind_AreSmall() =>
        Holds(RepositoryFiles.Files.SelectMany(f => RepositoryRules.IsNotTooLarge(f, new FileInfo(Repository.PathOf(f)).Length)));

    [Fact]
    public void Versions_OfPackages_AreInOnePlace() =>
        Holds(RepositoryFiles.TextFiles.Where(f => f.Path.EndsWith("proj", StringComparison.Ordinal) || f.Path.EndsWith(".props", StringComparison.Ordinal))
            .SelectMany(RepositoryRules.VersionsAreCentral));

    [Fact]
    public void Links_InMarkdown_LeadSomewhere() =>
        Holds(RepositoryFiles.TextFiles.Where(f => f.Path.EndsWith(".md", StringComparison.Ordinal))
            .SelectMany(f => RepositoryRules.LinksLeadSomewhere(f, path => Path.Exists(Repository.PathOf(path)))));

    [Fact]
    public void Walk_OfTheRepository_FindsWhatIsThere()
    {
        Assert.Contains("src/OrleansGateway/Telemetry/AccessLog.cs", RepositoryFiles.Files);
        Assert.Contains(RepositoryFiles.Code, f => f.Path == "src/OrleansGateway/Telemetry/AccessLog.cs");
        Assert.DoesNotContain(RepositoryFiles.Files, f => f.StartsWith("artifacts/", StringComparison.Ordinal));
    }

    private static void Holds(IEnumerable<string> faults)
    {
        var all = faults.ToArray();
        Assert.True(all.Length == 0, $"{all.Length} found:\n{string.Join('\n', all)}");
    }
}
