using System.Security.Cryptography;

namespace OrleansGateway.Caching.Disk;

/// <summary>The folder of the store: a lock, a mark, and the answers in 256 folders, a file each. Nobody but the owner of the gateway may look into it.</summary>
internal sealed class DiskFolder : IDisposable
{
    /// <summary>Ends the name of a file that is not finished.</summary>
    public const string Unfinished = ".part";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string LockName = "lock";
    private const string MarkName = "mark.json";

    private readonly string _root;
    private readonly FileStream _lock;

    private DiskFolder(string root, FileStream held) => (_root, _lock) = (root, held);

    private string Objects => Path.Combine(_root, "objects");

    /// <summary>Takes the folder, and makes it if it is missing. Throws <see cref="IOException"/> if it cannot be used, or another process does.</summary>
    public static DiskFolder Take(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            Make(root);
            FileStream held;
            try
            {
                // FileShare.None is flock on Unix: the kernel drops it with the process.
                held = Open(Path.Combine(root, LockName), FileMode.OpenOrCreate, FileShare.None);
            }
            catch (IOException taken) when (File.Exists(Path.Combine(root, LockName)))
            {
                throw new IOException($"another gateway uses it ({taken.Message})", taken);
            }

            var folder = new DiskFolder(root, held);
            Make(folder.Objects);
            for (var first = 0; first < 256; first++) Make(Path.Combine(folder.Objects, first.ToString("x2", CultureInfo.InvariantCulture)));
            return folder;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder {root} of cache.disk cannot be used: {unusable.Message}", unusable);
        }
    }

    /// <summary>Where an answer is kept.</summary>
    public string PathOf(UInt128 key, ulong file)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{key:x32}-{file:x16}");
        return Path.Combine(Objects, name[..2], name);
    }

    /// <summary>Key and number of a file, by its name; none if the store does not name files so.</summary>
    public static (UInt128 Key, ulong File)? NameOf(string path)
    {
        var name = Path.GetFileName(path.AsSpan());
        return name.Length == 49 && name[32] == '-' && UInt128.TryParse(name[..32], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key)
            && ulong.TryParse(name[33..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var file) ? (key, file) : null;
    }

    /// <summary>Hash of a key. Of 128 bits of SHA-256, so that nobody can make two keys meet.</summary>
    public static UInt128 HashOf(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>A new file, to be written.</summary>
    public static FileStream Create(string path) => Open(path, FileMode.Create, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>A file, to be written again.</summary>
    public static FileStream Change(string path) => Open(path, FileMode.Open, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>All files of answers, finished or not.</summary>
    public IEnumerable<string> Files() => Directory.EnumerateFiles(Objects, "*", SearchOption.AllDirectories);

    public DiskMark? ReadMark() => DiskMark.Read(Path.Combine(_root, MarkName));

    /// <summary>Puts a mark in the place of the last one, in one step.</summary>
    public void Write(DiskMark mark)
    {
        var path = Path.Combine(_root, MarkName);
        using (var file = Create(path + Unfinished)) file.Write(mark.ToBytes());
        File.Move(path + Unfinished, path, overwrite: true);
    }

    public void Dispose() => _lock.Dispose();

    private static void Make(string path)
    {
        if (Directory.Exists(path)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    private static FileStream Open(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open) options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }
}
