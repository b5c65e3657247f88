namespace OrleansGateway.Tests.Tidy;

/// <summary>Each rule of the tidy test finds what it is for, and leaves alone what is right.</summary>
public sealed class RuleTests
{
    private const string Project = "src/OrleansGateway/OrleansGateway.csproj";

    [Theory]
    [InlineData("src/OrleansGateway/Http/A.cs", "namespace OrleansGateway.Http;\nclass A;", 0)]
    [InlineData("src/OrleansGateway/A.cs", "namespace OrleansGateway;\nclass A;", 0)]
    [InlineData("src/OrleansGateway/Usings.cs", "global using System;", 0)]
    [InlineData("src/OrleansGateway/Http/A.cs", "namespace OrleansGateway.Upstream;\nclass A;", 1)]
    [InlineData("src/OrleansGateway/Http/Deep/A.cs", "namespace OrleansGateway.Http;\nclass A;", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "// namespace OrleansGateway.Http;\ninternal sealed class A;", 1)]
    public void NamespaceIsFolder_Of_Finds(string path, string text, int faults) =>
        Assert.Equal(faults, SourceRules.NamespaceIsFolder(new SourceFile(path, text), Project).Count());

    [Theory]
    [InlineData("internal sealed class A;\ninternal enum B;", 0)]
    [InlineData("public readonly record struct A(int X);", 0)]
    [InlineData("internal delegate ValueTask A(int x);", 0)]
    [InlineData("global using System;", 0)]
    [InlineData("internal static partial class B\n{\n    class A;\n}", 1)]
    [InlineData("// class A\ninternal interface B;", 1)]
    public void NameIsMainType_Of_Finds(string text, int faults) =>
        Assert.Equal(faults, SourceRules.NameIsMainType(new SourceFile("src/OrleansGateway/Http/A.cs", text)).Count());

    [Theory]
    [InlineData("Telemetry", "using OrleansGateway.Http;", 0)]
    [InlineData("Cli", "using OrleansGateway.Auth;\nusing OrleansGateway.Admin;", 0)]
    [InlineData("Telemetry", "// using OrleansGateway.Auth;", 0)]
    [InlineData("Telemetry", "using OrleansGateway.Auth;", 1)]
    [InlineData("Configuration", "using OrleansGateway.Http;", 1)]
    [InlineData("Models", "class A { OrleansGateway.Routing.B b; }", 1)]
    public void ArrowsPointTheRightWay_Of_Finds(string folder, string text, int faults) =>
        Assert.Equal(faults, SourceRules.ArrowsPointTheRightWay(new SourceFile($"src/OrleansGateway/{folder}/A.cs", text)).Count());

    [Theory]
    [InlineData("src/OrleansGateway/Http/A.cs", "var x = DateTime.UtcNow;", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "var x = DateTimeOffset.Now;", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "var x = Guid.NewGuid();", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "Stopwatch.GetTimestamp();", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "await Task.Delay(100);", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "await Task.Delay(TimeSpan.FromSeconds(1), cancellation);", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);", 0)]
    [InlineData("src/OrleansGateway/Http/A.cs", "await Task.Delay(delay, _timeProvider);", 0)]
    [InlineData("src/OrleansGateway/Http/A.cs", "Thread.Sleep(1);", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "var r = new Random(1);", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "var x = task.Result;", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "task.GetAwaiter().GetResult();", 1)]
    [InlineData("src/OrleansGateway/Cli/A.cs", "task.GetAwaiter().GetResult();", 0)]
    [InlineData("src/OrleansGateway/Http/A.cs", "async void Go() { }", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "Console.WriteLine();", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "Console.Error.Write(1);", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "Console.OpenStandardOutput();", 0)]
    [InlineData("src/OrleansGateway/Cli/A.cs", "Console.WriteLine();", 0)]
    [InlineData("src/OrleansGateway/Http/A.cs", "double totalCost = 1;", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "public float Price { get; }", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "long costNanodollars = 1;", 0)]
    [InlineData("src/OrleansGateway/Http/A.cs", "// DateTime.UtcNow\nvar s = \"DateTime.UtcNow\"; /* Thread.Sleep */", 0)]
    [InlineData("src/OrleansGateway/Http/A.cs", "var s = '\"'; Thread.Sleep(1); var t = '\"';", 1)]
    [InlineData("src/OrleansGateway/Http/A.cs", "var s = @\"\\\"; Thread.Sleep(1); var t = \"\"\"a \" b\"\"\"; Thread.Sleep(1);", 2)]
    [InlineData("tests/OrleansGateway.Tests/A.cs", "Thread.Sleep(1);", 1)]
    [InlineData("tests/OrleansGateway.Tests/A.cs", "new Random();", 1)]
    [InlineData("tests/OrleansGateway.Tests/A.cs", "new Random(7);", 0)]
    public void BannedCalls_In_Finds(string path, string text, int faults) => Assert.Equal(faults, BannedCalls.In(new SourceFile(path, text)).Count());

    [Theory]
    [InlineData(400, 0)]
    [InlineData(401, 1)]
    public void IsNotTooLong_Of_Finds(int lines, int faults) =>
        Assert.Equal(faults, SourceRules.IsNotTooLong(new SourceFile("src/A.cs", new string('\n', lines))).Count());

    [Theory]
    [InlineData("// {0}: later", 1)]
    [InlineData("// {0}(#12): later", 0)]
    [InlineData("// {0} #12 later", 0)]
    [InlineData("// nothing", 0)]
    public void OpenEndsNameTheirIssue_Of_Finds(string text, int faults)
    {
        foreach (var word in new[] { "TO" + "DO", "FIX" + "ME", "HA" + "CK" })
        {
            var file = new SourceFile("src/A.cs", text.Replace("{0}", word, StringComparison.Ordinal));
            Assert.Equal(faults, SourceRules.OpenEndsNameTheirIssue(file).Count());
        }
    }

    [Theory]
    [InlineData("a\nb\n", 0)]
    [InlineData("a\r\nb\n", 1)]
    public void LinesEndWithLineFeedsOnly_Of_Finds(string text, int faults) =>
        Assert.Equal(faults, SourceRules.LinesEndWithLineFeedsOnly(new SourceFile("a.md", text)).Count());

    [Theory]
    [InlineData(1024 * 1024, 0)]
    [InlineData(1024 * 1024 + 1, 1)]
    public void IsNotTooLarge_Of_Finds(long bytes, int faults) => Assert.Equal(faults, RepositoryRules.IsNotTooLarge("a.bin", bytes).Count());

    [Theory]
    [InlineData("a.csproj", "<PackageReference Include=\"X\" />", 0)]
    [InlineData("a.csproj", "<PackageReference Include=\"X\" Version=\"1\" />", 1)]
    [InlineData("a.csproj", "<PackageReference Include=\"X\" VersionOverride=\"1\" />", 1)]
    [InlineData("Directory.Build.props", "<PackageVersion Include=\"X\" Version=\"1\" />", 1)]
    [InlineData("Directory.Packages.props", "<PackageVersion Include=\"X\" Version=\"1\" />", 0)]
    public void VersionsAreCentral_Of_Finds(string path, string text, int faults) =>
        Assert.Equal(faults, RepositoryRules.VersionsAreCentral(new SourceFile(path, text)).Count());

    [Theory]
    [InlineData("[a](b.md) [a](b.md#part) [a](#part) [a](https://x.example/y) ![a](/docs/b.md \"t\")", 0)]
    [InlineData("[a](../docs/b.md)", 0)]
    [InlineData("`[a](gone.md)`\n```\n[a](gone.md)\n```", 0)]
    [InlineData("[a](gone.md)", 1)]
    [InlineData("[a](/b.md)", 1)]
    [InlineData("<img src=\"gone.png\">", 1)]
    [InlineData("[a]: gone.md", 1)]
    public void LinksLeadSomewhere_Of_Finds(string text, int faults) =>
        Assert.Equal(faults, RepositoryRules.LinksLeadSomewhere(new SourceFile("docs/a.md", text), path => path == "docs/b.md").Count());

    [Theory]
    [InlineData("[LoggerMessage(1, LogLevel.Error, \"a\")]", 0)]
    [InlineData("[LoggerMessage(2, LogLevel.Error, \"a\")]", 1)]
    public void LogNumbersAreUnique_Of_Finds(string text, int faults) =>
        Assert.Equal(faults, RepositoryRules.LogNumbersAreUnique([new("a.cs", "[LoggerMessage(2, LogLevel.Debug, \"b\")]"), new("b.cs", text)]).Count());
}
