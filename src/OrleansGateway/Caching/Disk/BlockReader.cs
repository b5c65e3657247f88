using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace OrleansGateway.Caching.Disk;

/// <summary>Reads blocks of a body from its file, and nothing that is not as it was written.</summary>
/// <param name="handle">The file.</param>
/// <param name="file">Its number.</param>
/// <param name="headRoom">Bytes between its prefix and its body.</param>
internal readonly struct BlockReader(SafeFileHandle handle, ulong file, int headRoom)
{
    /// <summary>Bytes that a buffer must have.</summary>
    public const int BufferBytes = DiskFormat.BlockBytes + DiskFormat.SumBytes;

    /// <summary>Reads a block. Throws <see cref="DiskFaultException"/> if it is damaged or not there.</summary>
    /// <param name="block">Which.</param>
    /// <param name="bytes">Its bytes, without the checksum.</param>
    /// <param name="buffer">Where they are put; at least <see cref="BufferBytes"/>.</param>
    /// <param name="cancellation">Gives it up.</param>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long block, int bytes, byte[] buffer, CancellationToken cancellation)
    {
        var (wanted, read, place) = (bytes + DiskFormat.SumBytes, 0, DiskFormat.PlaceOf(headRoom, block));
        while (read < wanted)
        {
            var some = await RandomAccess.ReadAsync(handle, buffer.AsMemory(read, wanted - read), place + read, cancellation);
            if (some == 0) throw new DiskFaultException($"Block {block} is cut off.");
            read += some;
        }

        Verify(block, bytes, buffer);
        return buffer.AsMemory(0, bytes);
    }

    /// <summary>Reads the whole of a body. Throws <see cref="DiskFaultException"/>.</summary>
    public byte[] ReadWhole(long length)
    {
        var (whole, buffer) = (new byte[length], new byte[(int)Math.Min(length, DiskFormat.BlockBytes) + DiskFormat.SumBytes]);
        for (long block = 0, at = 0; at < length; block++, at += DiskFormat.BlockBytes)
        {
            var bytes = (int)Math.Min(DiskFormat.BlockBytes, length - at);
            if (RandomAccess.Read(handle, buffer.AsSpan(0, bytes + DiskFormat.SumBytes), DiskFormat.PlaceOf(headRoom, block)) != bytes + DiskFormat.SumBytes)
                throw new DiskFaultException($"Block {block} is cut off.");
            Verify(block, bytes, buffer);
            buffer.AsSpan(0, bytes).CopyTo(whole.AsSpan((int)at));
        }

        return whole;
    }

    private void Verify(long block, int bytes, byte[] buffer)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(bytes)) != DiskFormat.SumOf(file, block, buffer.AsSpan(0, bytes))) throw new DiskFaultException($"Block {block} is damaged.");
    }
}
