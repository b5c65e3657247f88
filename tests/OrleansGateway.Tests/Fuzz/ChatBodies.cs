using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Fuzz;

/// <summary>Bodies of model calls, and what becomes of them when their structure is mutated.</summary>
internal static class ChatBodies
{
    // Values that stand where others are expected. Bytes, not characters, above 0x7F.
    private static readonly string[] s_values =
    [
        "1e999999", "-1e999999", "1e-999999", "-0", "0.1", "9223372036854775808", "-1", "00", "+1", "NaN", "123456789012345678901234567890", new string('9', 5_000), "1." + new string('0', 5_000),
        "null", "true", "false", "[]", "{}", "\"\"", "[[]]", "[{}]", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"a\\u0000b\\r\\n\"", "\"\x01\"", "\"\xff\xfe\"", "\"\xc3\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
        "\"\xe2\x80\xa8\xf0\x9f\x98\x80\"", "\"data: x\\n\\nevent: y\"", "\"quick\"", "\"user\"", "\"system\"", "\"tool\"", "\"assistant\"", "\"data:image/png;base64,AAAA\"", "\"https://example.com/x.png\"", "\"\\x\"", "'a'", "undefined", "/**/1", "\xef\xbb\xbf{}",
    ];

    private static readonly string[] s_members =
    [
        "\"model\":\"quick\"", "\"\\u006dodel\":\"slow\"", "\"stream\":true", "\"stream\":false", "\"messages\":[]", "\"max_tokens\":1", "\"n\":2", "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}]",
        "\"tool_choice\":\"required\"", "\"stream_options\":{\"include_usage\":true}", "\"response_format\":{\"type\":\"json_object\"}", "\"stop\":[\"a\",\"b\"]", "\"system\":\"s\"", "\"temperature\":2", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}",
        "\"mod\\ud800\":1", "\"\":1", "\"\xff\":1", "\"logit_bias\":{\"1\":-100}", "\"metadata\":{\"user_id\":\"x\"}",
    ];

    public static string OpenAI(Asked a) =>
        $$$"""{"model":"{{{Model(a)}}}","stream":{{{Bool(a)}}},"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"{{{a.Marker}}} hello"}]}],"max_tokens":20,"temperature":0.5}""";

    public static string Anthropic(Asked a) =>
        $$$"""{"model":"{{{Model(a)}}}","stream":{{{Bool(a)}}},"system":"Be brief.","messages":[{"role":"user","content":[{"type":"text","text":"{{{a.Marker}}} hello"}]}],"max_tokens":20,"stop_sequences":["x"]}""";

    /// <summary>Some values replaced, members doubled or added, nested without end.</summary>
    public static string Mutate(string body, Random random)
    {
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var values = Values(body);
            if (values.Count == 0) return body;
            var (start, length) = values[random.Next(values.Count)];
            body = random.Next(8) switch
            {
                < 4 => Replace(s_values[random.Next(s_values.Length)]),
                4 => Replace(Deep(random)),
                5 => Replace('"' + new string((char)random.Next(0x20, 0x7F), random.Next(100_000)) + '"'),
                6 => body.Insert(body.IndexOf('{', random.Next(body.Length)) + 1, s_members[random.Next(s_members.Length)] + ","),
                _ => body.Insert(start, string.Concat(body.AsSpan(start, length), ",")),
            };

            string Replace(string by) => string.Concat(body.AsSpan(0, start), by, body.AsSpan(start + length));
        }

        return body;
    }

    private static string Model(Asked a) => a.IsSteady ? "quick" : a.Random.Next(3) switch { 0 => "quick", 1 => "slow", _ => "claude" };

    private static string Bool(Asked a) => a.Random.Next(2) == 0 ? "true" : "false";

    private static string Deep(Random random)
    {
        var depth = random.Next(4) == 0 ? random.Next(10_000) : random.Next(1, 100);
        return random.Next(2) == 0 ? new string('[', depth) + new string(']', depth) : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
    }

    /// <summary>Where its values stand, up to the first that is none.</summary>
    private static List<(int Start, int Length)> Values(string body)
    {
        var values = new List<(int, int)>();
        var reader = new Utf8JsonReader(Encoding.Latin1.GetBytes(body), isFinalBlock: true, default);
        try
        {
            while (reader.Read())
            {
                var start = (int)reader.TokenStartIndex;
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.PropertyName or JsonTokenType.EndObject or JsonTokenType.EndArray) continue;
                values.Add((start, (int)reader.BytesConsumed - start));
            }
        }
        catch (JsonException)
        {
            // An earlier mutation has broken it here.
        }

        return values;
    }
}
