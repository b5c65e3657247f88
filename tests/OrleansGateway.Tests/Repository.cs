namespace OrleansGateway.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <param name="path">From the root, with forward slashes.</param>
    public static string PathOf(string path) => Path.Combine(Root, path);

    private static string FindRoot(string? folder) => folder switch
    {
        null => throw new DirectoryNotFoundException($"No OrleansGateway.sln above {AppContext.BaseDirectory}."),
        _ when File.Exists(Path.Combine(folder, "OrleansGateway.sln")) => folder,
        _ => FindRoot(Path.GetDirectoryName(folder)),
    };
}
