using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansGateway.Leases.Journal;

/// <summary>
/// One file of a journal, mapped into memory: a header of 128 bytes, and entries up to the mark. The kernel keeps what was stored there, whatever becomes of the process; an
/// entry counts once the mark is behind it, so one that was being written when the process died is no entry, and one that does not check below the mark is damage.
/// </summary>
internal sealed class JournalFile : IDisposable
{
    public const int HeaderLength = 128;

    /// <summary>Where the mark is: on a cache line of its own.</summary>
    public const int MarkOffset = 64;

    /// <summary>Where it is noted how far entries were taken by whoever reads them, in the form of the mark.</summary>
    private const int TakenOffset = 72;

    /// <summary>Bytes of the header that never change, checksum included.</summary>
    public const int FixedLength = 56;

    private static readonly byte[] Zeros = new byte[64 * 1024];

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly nint _address;
    private readonly int _length;

    private JournalFile(string path, long number, int length)
    {
        (Path, Number, _length) = (path, number, length);
        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        _file = MemoryMappedFile.CreateFromFile(stream, null, length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, length);
        // Held until Dispose: the address stays valid.
        var kept = false;
        _view.SafeMemoryMappedViewHandle.DangerousAddRef(ref kept);
        _address = _view.SafeMemoryMappedViewHandle.DangerousGetHandle() + (nint)_view.PointerOffset;
        Mark = HeaderLength;
    }

    public string Path { get; }

    public long Number { get; }

    /// <summary>End of the entries. Only one thread at a time adds.</summary>
    public int Mark { get; private set; }

    /// <summary>Bytes that still fit.</summary>
    public int Free => _length - Mark;

    /// <summary>
    /// How far entries were taken: what is before it need not be read again. Of another session's file, where that one left it; the beginning if it does not say.
    /// </summary>
    public int Taken
    {
        get => Word(TakenOffset) ?? HeaderLength;
        set => Volatile.Write(ref Unsafe.As<byte, ulong>(ref Bytes[TakenOffset]), MarkWord(value));
    }

    /// <summary>All of the file: for one that reads what another session wrote.</summary>
    public ReadOnlySpan<byte> All => Bytes;

    /// <summary>The entries so far.</summary>
    public ReadOnlySpan<byte> Entries => Bytes[HeaderLength..Mark];

    private Span<byte> Bytes => MemoryMarshal.CreateSpan(ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), _address), _length);

    /// <summary>
    /// Makes one. Every byte of it is written first: the disk has room for it then, where a hole in the file would end the process at the store that finds the disk full. Throws
    /// <see cref="IOException"/>.
    /// </summary>
    public static JournalFile Create(string path, in JournalHeader header, int length)
    {
        Write(path, header, length, []);
        return new JournalFile(path, header.Number, length);
    }

    /// <summary>
    /// Opens one that another session has written, of at least <see cref="HeaderLength"/>; its <see cref="Mark"/> is where that one left it, and 0 if it does not say. Throws <see cref="IOException"/>.
    /// </summary>
    public static JournalFile Open(string path, long number)
    {
        var file = new JournalFile(path, number, checked((int)new FileInfo(path).Length));
        file.Mark = file.Word(MarkOffset) ?? 0;
        return file;
    }

    /// <summary>Writes a file with these entries and nothing behind them, which is on the disk, whole, before it has that name. Throws <see cref="IOException"/>.</summary>
    public static void Write(string path, in JournalHeader header, IReadOnlyList<byte[]> entries) => Write(path, header, HeaderLength + entries.Sum(e => e.Length), entries);

    /// <summary>Adds an entry, which is complete and fits, and moves the mark behind it.</summary>
    public void Add(ReadOnlySpan<byte> entry)
    {
        var bytes = Bytes;
        entry.CopyTo(bytes[Mark..]);
        Mark += entry.Length;
        Volatile.Write(ref Unsafe.As<byte, ulong>(ref bytes[MarkOffset]), MarkWord(Mark));
    }

    /// <summary>Waits until it is on the disk, for when the power fails.</summary>
    public void Flush() => _view.Flush();

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.DangerousRelease();
        _view.Dispose();
        _file.Dispose();
    }

    /// <summary>The mark with its complement, so that a changed bit shows. Little-endian on every machine this runs on.</summary>
    public static ulong MarkWord(int mark) => (uint)mark | ((ulong)~(uint)mark << 32);

    // A place in the file, if one is there.
    private int? Word(int offset)
    {
        var word = Volatile.Read(ref Unsafe.As<byte, ulong>(ref Bytes[offset]));
        var place = (int)(uint)word;
        return word == MarkWord(place) && place >= HeaderLength && place <= _length ? place : null;
    }

    private static void Write(string path, in JournalHeader header, int length, IReadOnlyList<byte[]> entries)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var unfinished = path + ".new";
        using (var stream = new FileStream(unfinished, options))
        {
            Span<byte> head = stackalloc byte[HeaderLength];
            head.Clear();
            header.Write(head, length);
            BinaryPrimitives.WriteUInt64LittleEndian(head[MarkOffset..], MarkWord(HeaderLength + entries.Sum(e => e.Length)));
            stream.Write(head);
            foreach (var entry in entries) stream.Write(entry);
            while (stream.Position < length) stream.Write(Zeros, 0, (int)Math.Min(Zeros.Length, length - stream.Position));
            stream.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
