using System.Buffers.Binary;
using System.Text;

namespace OrleansGateway.Tests.Telemetry;

/// <summary>
/// One message in the wire format of protocol buffers, its fields by number. Written from the format's specification: the .proto files of OTLP are in no
/// package that restores here, and sharing nothing with the exporter is what makes it a judge of it.
/// </summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    public ProtoMessage(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var tag = Varint(ref bytes);
            var (number, value, content) = ((int)(tag >> 3), 0UL, ReadOnlyMemory<byte>.Empty);
            switch (tag & 7)
            {
                case 0:
                    value = Varint(ref bytes);
                    break;
                case 1:
                    value = BinaryPrimitives.ReadUInt64LittleEndian(Take(ref bytes, 8).Span);
                    break;
                case 2:
                    content = Take(ref bytes, (int)Varint(ref bytes));
                    break;
                case 5:
                    value = BinaryPrimitives.ReadUInt32LittleEndian(Take(ref bytes, 4).Span);
                    break;
                default:
                    throw new FormatException($"Field {number} has no known wire type.");
            }

            _fields.Add((number, value, content));
        }
    }

    public bool Has(int number) => _fields.Exists(f => f.Number == number);

    public ulong Value(int number) => _fields.LastOrDefault(f => f.Number == number).Value;

    public string Text(int number) => Encoding.UTF8.GetString(_fields.LastOrDefault(f => f.Number == number).Bytes.Span);

    public string Hex(int number) => Convert.ToHexStringLower(_fields.LastOrDefault(f => f.Number == number).Bytes.Span);

    public IEnumerable<ProtoMessage> All(int number) => _fields.Where(f => f.Number == number).Select(f => new ProtoMessage(f.Bytes));

    /// <summary>A list of OTLP's KeyValue, each value as text; an array's joined by commas.</summary>
    public Dictionary<string, string> Attributes(int number) => All(number).ToDictionary(a => a.Text(1), a => AnyValue(a.All(2).Single()));

    private static string AnyValue(ProtoMessage value) =>
        value.Has(1) ? value.Text(1)
        : value.Has(3) ? ((long)value.Value(3)).ToString(CultureInfo.InvariantCulture)
        : value.Has(5) ? string.Join(',', value.All(5).Single().All(1).Select(AnyValue))
        : throw new FormatException("A value that is no text, number or list.");

    private static ulong Varint(ref ReadOnlyMemory<byte> bytes)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = Take(ref bytes, 1).Span[0];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> bytes, int length)
    {
        var taken = bytes[..length];
        bytes = bytes[length..];
        return taken;
    }
}
