namespace OrleansGateway.Tests.Tidy;

/// <summary>A file of the repository: its path from the root, with forward slashes, and its text.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);
    public bool IsCode => Path.EndsWith(".cs", StringComparison.Ordinal);
    public bool IsIn(string folder) => Path.StartsWith(folder, StringComparison.Ordinal);
}

/// <summary>What is in the repository that the tests were built from.</summary>
internal static class RepositoryFiles
{
    private static readonly string[] TextExtensions =
        [".cs", ".csproj", ".props", ".sln", ".md", ".json", ".yaml", ".yml", ".js", ".mjs", ".ts", ".sh", ".sql", ".html", ".css", ""];

    /// <summary>All files but those that git ignores (whole folders, by name), relative to the root.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Walk(Repository.Root, IgnoredFolders()).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<SourceFile> TextFiles { get; } =
        [.. Files.Where(f => TextExtensions.Contains(Path.GetExtension(f))).Select(f => new SourceFile(f, File.ReadAllText(Repository.PathOf(f))))];

    public static IEnumerable<SourceFile> Code => TextFiles.Where(f => f.IsCode);

    /// <summary>Paths from the root of all projects.</summary>
    public static IEnumerable<string> Projects => Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal));

    private static HashSet<string> IgnoredFolders() =>
        [".git", .. File.ReadLines(Repository.PathOf(".gitignore")).Where(l => l.EndsWith('/')).Select(l => l.Trim('/'))];

    private static IEnumerable<string> Walk(string folder, HashSet<string> ignored)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Where(f => Path.GetFileName(f) != ".git"))
        {
            yield return Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');
        }

        foreach (var child in Directory.EnumerateDirectories(folder).Where(d => !ignored.Contains(Path.GetFileName(d))))
        {
            foreach (var file in Walk(child, ignored)) yield return file;
        }
    }
}
