using Microsoft.Win32.SafeHandles;

namespace OrleansGateway.Caching.Disk;

/// <summary>Reads how a file begins. Nothing is believed that its checksums do not bear out.</summary>
internal static class DiskFile
{
    public static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Prefix and head. Throws <see cref="IOException"/>; a <see cref="DiskFaultException"/> if it is not what was written, or not whole.</summary>
    public static (DiskPrefix Prefix, DiskHead Head) ReadHead(string path, ulong file)
    {
        using var handle = Open(path);
        return ReadHead(handle, file);
    }

    /// <summary>The same, of a file that is open.</summary>
    public static (DiskPrefix Prefix, DiskHead Head) ReadHead(SafeFileHandle handle, ulong file)
    {
        // Most heads are in there.
        Span<byte> start = stackalloc byte[2048];
        start = start[..RandomAccess.Read(handle, start, 0)];
        if (DiskFormat.ReadPrefix(start) is not { } prefix || prefix.File != file) throw new DiskFaultException("It does not begin as such a file does.");
        if (RandomAccess.GetLength(handle) != DiskFormat.FileBytes(prefix.HeadRoom, prefix.BodyLength)) throw new DiskFaultException("It is not as long as it says.");
        var head = new byte[prefix.HeadBytes];
        var read = RandomAccess.Read(handle, head, DiskFormat.PrefixBytes);
        if (read != head.Length || DiskFormat.SumOf(file, -1, head) != prefix.HeadSum) throw new DiskFaultException("Its head is damaged.");
        return (prefix, DiskHead.Of(head));
    }
}
