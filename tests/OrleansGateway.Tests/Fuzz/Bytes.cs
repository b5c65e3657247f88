using System.Text;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>Bytes for people to read.</summary>
internal static class Bytes
{
    private const int ShownMax = 6_000;

    /// <summary>As the inside of a C string, cut off where it is long.</summary>
    public static string Shown(string wire)
    {
        var shown = new StringBuilder();
        foreach (var c in wire.AsSpan(0, Math.Min(wire.Length, ShownMax)))
        {
            _ = c switch
            {
                '\r' => shown.Append("\\r"),
                '\n' => shown.Append("\\n\n"),
                '\\' => shown.Append("\\\\"),
                < ' ' or > '~' => shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => shown.Append(c),
            };
        }

        return wire.Length > ShownMax ? $"{shown}… ({wire.Length} bytes)" : shown.ToString();
    }
}
