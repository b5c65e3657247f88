using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Deploy;

/// <summary>The image can be built from what is copied into it: no engine runs here to try.</summary>
public sealed partial class ImageTests
{
    private static readonly string[] s_programs = ["src/OrleansGateway.Server/OrleansGateway.Server.csproj", "src/OrleansGateway.Cluster/OrleansGateway.Cluster.csproj"];

    private static string Dockerfile { get; } = Tool.TextOf("deploy/Dockerfile");

    [Fact]
    public void Restore_OfTheImagesBuild_HasEveryProjectThatTheProgramsNeed()
    {
        var restored = Dockerfile[..Dockerfile.IndexOf("RUN dotnet restore", StringComparison.Ordinal)];
        Assert.All(s_programs.SelectMany(Needed).Distinct(), project =>
            Assert.Contains($"COPY {project} {Path.GetDirectoryName(project)}/\n", restored, StringComparison.Ordinal));
    }

    [Fact]
    public void Copies_FromTheRepository_FindWhatTheyName()
    {
        var allowed = Tool.TextOf(".dockerignore").Split('\n').Where(l => l.StartsWith('!')).Select(l => l[1..]).ToHashSet();
        var copied = Copy().Matches(Dockerfile).SelectMany(m => m.Groups[1].Value.Split(' ')).ToArray();
        Assert.NotEmpty(copied);
        Assert.All(copied, path => Assert.True(Path.Exists(Repository.PathOf(path)), $"nothing at {path}"));
        Assert.All(copied, path => Assert.Contains(path.Split('/')[0], allowed));
    }

    [Fact]
    public void Targets_OfComposeFiles_AreStagesOfTheImage()
    {
        var stages = Stage().Matches(Dockerfile).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.All(Target().Matches(Tool.TextOf("deploy/compose/docker-compose.yml")), m => Assert.Contains(m.Groups[1].Value, stages));
        // A build without a target is of the last one.
        Assert.Equal("gateway", Stage().Matches(Dockerfile)[^1].Groups[1].Value);
    }

    /// <summary>A project and all that it is made of.</summary>
    private static IEnumerable<string> Needed(string project) =>
        Reference().Matches(Tool.TextOf(project))
            .SelectMany(m => Needed(Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Repository.PathOf(project))!, m.Groups[1].Value))))).Append(project);

    [GeneratedRegex("""<ProjectReference Include="([^"]+)""")]
    private static partial Regex Reference();

    [GeneratedRegex(@"^COPY (?!--)(.+) \S+$", RegexOptions.Multiline)]
    private static partial Regex Copy();

    [GeneratedRegex(@"^FROM \S+ AS (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Stage();

    [GeneratedRegex(@"^ *target: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Target();
}
