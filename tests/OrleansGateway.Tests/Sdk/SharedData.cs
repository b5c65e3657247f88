namespace OrleansGateway.Tests.Sdk;

/// <summary>Recorded exchanges and OpenAI's API description: too large to commit, beside the checkout or where SHARED_DATA says.</summary>
internal static class SharedData
{
    public static string FolderOrSkip()
    {
        var folder = Environment.GetEnvironmentVariable("SHARED_DATA") ?? Path.GetFullPath(Repository.PathOf("../shared/data"));
        if (!Directory.Exists(folder)) Assert.Skip($"{folder} is missing: it is not part of the repository (SHARED_DATA may name another folder).");
        return folder;
    }
}
