namespace OrleansGateway.Configuration;

/// <summary>By what a changed file is known: when it was written, and how long it is. A file that is not there has a stamp of its own.</summary>
internal readonly record struct FileStamp(DateTime WrittenAt, long Length)
{
    /// <summary>
    /// Stamp of the file that a path leads to in the end: Kubernetes changes a mounted ConfigMap by turning a symbolic link, whose own time says nothing.
    /// </summary>
    public static FileStamp Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
            return file.Exists ? new FileStamp(file.LastWriteTimeUtc, file.Length) : default;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
