using OrleansGateway.Usage;

namespace OrleansGateway.Tests.Storage.Usage;

internal static class UsageRecordText
{
    /// <summary>All that the record says, lists included.</summary>
    public static string Of(UsageRecord record) => Convert.ToHexString(Bytes(record));

    private static byte[] Bytes(UsageRecord record)
    {
        var bytes = new byte[UsageRecordCodec.LengthMax(record)];
        return bytes[..UsageRecordCodec.Write(record, bytes)];
    }
}
