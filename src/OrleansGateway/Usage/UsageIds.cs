using System.Buffers.Binary;

namespace OrleansGateway.Usage;

/// <summary>
/// Ids of records: UUIDs of version 7 (RFC 9562 §5.7), so that they come in order of time, in which a store adds them cheapest. A count of this edge's takes the place of most random
/// bits: two of one edge never meet, and 42 bits of the edge's session keep those of several apart.
/// </summary>
internal sealed class UsageIds(Guid session, TimeProvider time)
{
    private readonly ulong _session = (ulong)session.GetHashCode() << 32 ^ BinaryPrimitives.ReadUInt64LittleEndian(session.ToByteArray()) & 0x3FF_FFFF_FFFF;
    private uint _count;

    public Guid Next()
    {
        var count = Interlocked.Increment(ref _count);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x7000 | count >> 20));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], 0x8000_0000_0000_0000 | (ulong)(count & 0xF_FFFF) << 42 | _session & 0x3FF_FFFF_FFFF);
        return new Guid(bytes, bigEndian: true);
    }
}
