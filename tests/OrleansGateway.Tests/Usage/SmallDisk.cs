using System.Diagnostics;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Usage;

/// <summary>A disk of a few megabytes, in memory, which really has no room once it is full. Only root may make one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Piece = 64 * 1024;

    private readonly StateFolder _folder = new();

    private SmallDisk()
    {
    }

    public string Path => _folder.Path;

    private string Ballast => _folder.File("ballast");

    /// <summary>None where this user may not mount.</summary>
    public static SmallDisk? TryMount(int megabytes)
    {
        var disk = new SmallDisk();
        if (Run("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m"), "tmpfs", disk.Path)) return disk;
        disk._folder.Dispose();
        return null;
    }

    /// <summary>To the last byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var size = Piece; size > 0;)
        {
            try
            {
                file.Write(new byte[size]);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    public void MakeRoom() => File.Delete(Ballast);

    public void Dispose()
    {
        Run("umount", "-l", Path);
        _folder.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
