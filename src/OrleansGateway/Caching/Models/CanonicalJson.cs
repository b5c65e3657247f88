using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Caching.Models;

/// <summary>
/// JSON in a form in which the same values are the same bytes, and others never are. The order of members is free, and so is how a character is escaped. The order of
/// lists counts. Numbers count as they are written: whether <c>1</c> and <c>1.0</c> mean the same is the provider's to say, and some refuse one of the two. Each value
/// is led by its kind and its length, so that no two documents can run together.
/// </summary>
internal static class CanonicalJson
{
    /// <summary>
    /// Writes a document; false for what means different things to different readers: a member that is there twice, or half a surrogate pair. <paramref name="output"/>
    /// then holds nothing of use.
    /// </summary>
    /// <param name="root">The document.</param>
    /// <param name="leftOut">Members of the document itself that do not count.</param>
    /// <param name="output">Where to.</param>
    public static bool TryWrite(JsonElement root, IReadOnlySet<string> leftOut, IBufferWriter<byte> output)
    {
        try
        {
            return root.ValueKind == JsonValueKind.Object ? TryWriteObject(root, leftOut, output) : TryWrite(root, output);
        }
        catch (InvalidOperationException)
        {
            // The platform's way to say that a text escapes half a surrogate pair.
            return false;
        }
    }

    /// <summary>Writes a text, led by its length; none differs from an empty one.</summary>
    public static void WriteText(string? text, IBufferWriter<byte> output)
    {
        if (text is null) output.Write("-"u8);
        else WriteBytes((byte)'s', Encoding.UTF8.GetBytes(text), output);
    }

    private static bool TryWrite(JsonElement value, IBufferWriter<byte> output)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object: return TryWriteObject(value, null, output);
            case JsonValueKind.Array: return TryWriteList(value, output);
            case JsonValueKind.String: WriteString(value, output); break;
            case JsonValueKind.Number: WriteBytes((byte)'n', JsonMarshal.GetRawUtf8Value(value), output); break;
            case JsonValueKind.True: output.Write("t"u8); break;
            case JsonValueKind.False: output.Write("f"u8); break;
            default: output.Write("z"u8); break;
        }

        return true;
    }

    private static bool TryWriteObject(JsonElement json, IReadOnlySet<string>? leftOut, IBufferWriter<byte> output)
    {
        var members = new List<(string Name, JsonElement Value)>();
        foreach (var member in json.EnumerateObject())
        {
            if (leftOut is null || !leftOut.Contains(member.Name)) members.Add((member.Name, member.Value));
        }

        members.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        WriteCount((byte)'o', members.Count, output);
        string? before = null;
        foreach (var (name, value) in members)
        {
            if (name == before) return false;
            WriteText(before = name, output);
            if (!TryWrite(value, output)) return false;
        }

        return true;
    }

    private static bool TryWriteList(JsonElement list, IBufferWriter<byte> output)
    {
        WriteCount((byte)'a', list.GetArrayLength(), output);
        foreach (var item in list.EnumerateArray())
        {
            if (!TryWrite(item, output)) return false;
        }

        return true;
    }

    private static void WriteString(JsonElement text, IBufferWriter<byte> output)
    {
        var raw = JsonMarshal.GetRawUtf8Value(text);
        // Nearly all of a prompt is text without an escape, which is what it means already.
        if (raw.Contains((byte)'\\')) WriteText(text.GetString(), output);
        else WriteBytes((byte)'s', raw[1..^1], output);
    }

    private static void WriteBytes(byte kind, ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        WriteCount(kind, bytes.Length, output);
        output.Write(bytes);
    }

    private static void WriteCount(byte kind, int count, IBufferWriter<byte> output)
    {
        var head = output.GetSpan(5);
        head[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], count);
        output.Advance(5);
    }
}
