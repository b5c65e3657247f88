using System.Text;

namespace OrleansGateway.Configuration;

/// <summary>
/// New content of a file, written beside it and put in its place in one step: whoever reads the file, and whenever the power goes, finds the old one whole or
/// the new one whole. What a crash leaves beside it is written over by the next one.
/// </summary>
internal sealed class StagedFile : IDisposable
{
    private readonly string _target;
    private readonly string _staged;

    private StagedFile(string target, string staged) => (_target, _staged) = (target, staged);

    /// <summary>
    /// Writes the content to the disk under the file's name with <c>.new</c> behind it and a dot before. Keeps the file's mode. A symbolic link stays one: its
    /// target is replaced. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
    /// </summary>
    public static StagedFile Write(string path, string content)
    {
        var target = new FileInfo(Path.GetFullPath(path));
        if (target.LinkTarget is not null && target.ResolveLinkTarget(returnFinalTarget: true) is FileInfo final) target = final;
        var staged = NameFor(target.FullName);
        // Made anew, not written over: one that is there may be open to others, or a link planted by them.
        File.Delete(staged);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(staged, options);
        file.Write(Encoding.UTF8.GetBytes(content));
        if (!OperatingSystem.IsWindows() && target.Exists) File.SetUnixFileMode(file.SafeFileHandle, target.UnixFileMode);
        file.Flush(flushToDisk: true);
        return new StagedFile(target.FullName, staged);
    }

    /// <summary>Where the new content of a file waits.</summary>
    public static string NameFor(string path) => Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.new");

    /// <summary>Puts the new content in the file's place.</summary>
    public void Commit() => File.Move(_staged, _target, overwrite: true);

    /// <summary>Drops the new content, unless it was put in place.</summary>
    public void Dispose() => File.Delete(_staged);
}
