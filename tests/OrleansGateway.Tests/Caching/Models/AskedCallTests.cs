using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansGateway.Caching.Models;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tests.Gateway;
using OrleansGateway.Tests.Transcripts;
using OrleansGateway.Upstream;

namespace OrleansGateway.Tests.Caching.Models;

/// <summary>The key of an answer is made of all that reaches the provider, and of whose it is; of nothing else.</summary>
public sealed class AskedCallTests
{
    private static readonly Target s_target = TestModels.Of([("m", 1)], []).Targets[0];
    private static readonly KeyOwner s_owner = new("acme", null, "default", "", ["model:m"], IsChat: true);

    private static readonly string[] s_neutralOfOpenAI =
        ["stream", "stream_options", "user", "safety_identifier", "metadata", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "store"];

    private static readonly string[] s_neutralOfAnthropic = ["stream", "metadata"];

    [Fact]
    public void Key_OfRecordedChats_ChangesWithEveryFieldThatReachesTheProvider() => AssertEachFieldCounts(Dialect.OpenAI, TranscriptFiles.OpenAIChat(), s_neutralOfOpenAI);

    [Fact]
    public void Key_OfRecordedMessages_ChangesWithEveryFieldThatReachesTheProvider() => AssertEachFieldCounts(Dialect.Anthropic, TranscriptFiles.AnthropicMessages(), s_neutralOfAnthropic);

    [Fact]
    public void Key_OfRecordedRequests_DoesNotChangeWithTheOrderOfMembersNorWithEscapes()
    {
        var random = new Random(1);
        var relaxed = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };
        foreach (var transcript in TranscriptFiles.OpenAIChat().Where(t => t.Request.Length > 0))
        {
            var shuffled = Shuffle(JsonNode.Parse(transcript.Request)!, random)!;
            Assert.Equal(KeyOf(transcript.Request), KeyOf(Encoding.UTF8.GetBytes(shuffled.ToJsonString())));
            Assert.Equal(KeyOf(transcript.Request), KeyOf(Encoding.UTF8.GetBytes(shuffled.ToJsonString(relaxed))));
        }
    }

    [Theory]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""")]
    [InlineData("""{"a":1}""", """{"a":1.0}""")]
    [InlineData("""{"a":1}""", """{"a":"1"}""")]
    [InlineData("""{"a":null}""", """{}""")]
    [InlineData("""{"a":[["b"]]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":["b","c"]}""", """{"a":["bc"]}""")]
    [InlineData("""{"a":"\u00e9"}""", """{"a":"e\u0301"}""")]
    [InlineData("""{"a":{"stream":true}}""", """{"a":{"stream":false}}""")]
    [InlineData("""{"a":{},"b":1}""", """{"a":{"b":1}}""")]
    [InlineData("""{"never_heard_of":1}""", """{"never_heard_of":2}""")]
    public void Key_OfWhatMayMeanOtherThings_Differs(string one, string other) => Assert.NotEqual(KeyOf(Encoding.UTF8.GetBytes(one)), KeyOf(Encoding.UTF8.GetBytes(other)));

    [Theory]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"x":{"a":1,"\u0061":2}}""")]
    [InlineData("""{"x":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    public void Key_OfWhatReadersMayReadDifferently_IsNone(string body) => Assert.Null(KeyOf(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Key_OfAnotherOwnerPlaceOrHeader_Differs()
    {
        var body = """{"messages":[]}"""u8.ToArray();
        var other = TestModels.Of([("other", 1)], []).Targets[0];
        ModelKey?[] keys =
        [
            KeyOf(body),
            KeyOf(body, owner: s_owner with { Tenant = "globex" }),
            KeyOf(body, owner: s_owner with { Tenant = null }),
            KeyOf(body, owner: s_owner with { User = "alice" }),
            KeyOf(body, owner: s_owner with { Route = "other" }),
            KeyOf(body, owner: s_owner with { Policy = "2" }),
            KeyOf(body, owner: s_owner with { Tags = ["model:m", "doc:1"] }),
            KeyOf(body, dialect: Dialect.Anthropic),
            KeyOf(body, target: other),
            KeyOf(body, path: "/v1/messages?beta=true"),
            KeyOf(body, address: "http://127.0.0.1:2"),
            KeyOf(body, headers: [new("anthropic-beta", "one")]),
            KeyOf(body, headers: [new("anthropic-beta", "two")]),
            KeyOf(body, headers: [new("Authorization", "Bearer other-account")]),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.DoesNotContain(null, keys);
    }

    [Theory]
    [InlineData("Accept")] [InlineData("X-Client-Request-Id")] [InlineData("traceparent")] [InlineData("tracestate")] [InlineData("Idempotency-Key")]
    public void Key_OfACallWithAnotherNameOrForm_IsTheSame(string header) =>
        Assert.Equal(KeyOf("{}"u8.ToArray()), KeyOf("{}"u8.ToArray(), headers: [new(header, "anything")]));

    [Fact]
    public void Keys_OfTwoTenantsWithOneHash_AreNotEqual()
    {
        var hash = new byte[32];
        Assert.NotEqual(new ModelKey("acme", hash), new ModelKey("globex", hash));
        Assert.NotEqual(new ModelKey("acme", hash), new ModelKey(null, hash));
        Assert.Equal(new ModelKey("acme", hash), new ModelKey("acme", hash));
    }

    [Theory]
    [InlineData("""{}""", true)]
    [InlineData("""{"temperature":0}""", false)]
    [InlineData("""{"temperature":0.0}""", false)]
    [InlineData("""{"temperature":0e0}""", false)]
    [InlineData("""{"temperature":0.1}""", true)]
    [InlineData("""{"temperature":"0"}""", true)]
    [InlineData("""{"temperature":null}""", true)]
    [InlineData("""{"temperature":1,"seed":7}""", false)]
    [InlineData("""{"seed":null}""", true)]
    [InlineData("""{"temperature":0,"web_search_options":{}}""", true)]
    [InlineData("""{"temperature":0,"tools":[{"type":"function","function":{"name":"f"}}]}""", false)]
    [InlineData("""{"temperature":0,"tools":[{"type":"web_search_20250305","name":"web_search"}]}""", true)]
    [InlineData("""{"temperature":0,"tools":[{"type":"bash_20250124","name":"bash"}]}""", false)]
    [InlineData("""{"temperature":0,"mcp_servers":[]}""", true)]
    public void IsSampled_OfARequest_SaysWhetherAskingAgainMayGiveAnother(string body, bool isSampled)
    {
        Assert.True(TryRead(Encoding.UTF8.GetBytes(body), s_owner, Dialect.OpenAI, s_target, out var asked));
        Assert.Equal(isSampled, asked.IsSampled);
    }

    [Fact]
    public void IsSampled_OfASeedForAnthropic_WhichHasNone_IsTrue()
    {
        Assert.True(TryRead("""{"seed":7}"""u8.ToArray(), s_owner, Dialect.Anthropic, s_target, out var asked));
        Assert.True(asked.IsSampled);
    }

    private static void AssertEachFieldCounts(Dialect dialect, IEnumerable<Transcript> transcripts, string[] neutral)
    {
        var (fields, left) = (0, 0);
        foreach (var transcript in transcripts.Where(t => t.Request.Length > 0))
        {
            var whole = KeyOf(transcript.Request, dialect: dialect);
            Assert.NotNull(whole);
            foreach (var (path, changed) in Mutations(JsonNode.Parse(transcript.Request)!))
            {
                fields++;
                var isNeutral = path.Length > 0 && Array.IndexOf(neutral, path[0]) >= 0;
                if (isNeutral) left++;
                var key = KeyOf(Encoding.UTF8.GetBytes(changed), dialect: dialect);
                Assert.True(isNeutral == key.Equals(whole), $"{transcript}: {string.Join('/', path)}");
            }
        }

        Assert.True(fields > 5_000 && left > 50, $"{fields} fields, {left} neutral");
    }

    /// <summary>The document with one thing changed: each value, each member taken away, one added to each object, one item to each list.</summary>
    private static IEnumerable<(string[] Path, string Changed)> Mutations(JsonNode root)
    {
        foreach (var path in Places(root, []).ToList())
        {
            if (path.Length > 0)
            {
                yield return (path, With(root, path, static (parent, name) => Set(parent, name, JsonValue.Create("mutated-" + name))));
                if (At(root, path[..^1]) is JsonObject) yield return (path, With(root, path, static (parent, name) => ((JsonObject)parent).Remove(name)));
            }

            var place = At(root, path);
            if (place is JsonObject) yield return ([.. path, "added_by_mutation"], With(root, [.. path, "added_by_mutation"], static (parent, name) => Set(parent, name, JsonValue.Create(1))));
            if (place is JsonArray) yield return ([.. path, "+"], With(root, [.. path, "+"], static (parent, _) => ((JsonArray)parent).Add(JsonValue.Create(1))));
        }
    }

    private static IEnumerable<string[]> Places(JsonNode? node, string[] path)
    {
        yield return path;
        var inside = node switch
        {
            JsonObject members => members.Select(m => (m.Key, m.Value)),
            JsonArray items => items.Select((item, at) => (at.ToString(System.Globalization.CultureInfo.InvariantCulture), item)),
            _ => [],
        };
        foreach (var (name, value) in inside)
        {
            foreach (var deeper in Places(value, [.. path, name])) yield return deeper;
        }
    }

    private static string With(JsonNode root, string[] path, Action<JsonNode, string> change)
    {
        var copy = root.DeepClone();
        change(At(copy, path[..^1])!, path[^1]);
        return copy.ToJsonString();
    }

    private static JsonNode? At(JsonNode? root, string[] path) => path.Aggregate(root, static (node, name) => node is JsonArray list ? list[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] : node![name]);

    private static void Set(JsonNode parent, string name, JsonNode value)
    {
        if (parent is JsonArray list) list[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] = value;
        else parent[name] = value;
    }

    private static JsonNode? Shuffle(JsonNode? node, Random random) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(_ => random.Next()).Select(m => new KeyValuePair<string, JsonNode?>(m.Key, Shuffle(m.Value, random)))),
        JsonArray items => new JsonArray([.. items.Select(item => Shuffle(item, random))]),
        _ => node?.DeepClone(),
    };

    private static ModelKey? KeyOf(
        byte[] body, KeyOwner? owner = null, Dialect dialect = Dialect.OpenAI, Target? target = null, string path = "/v1/chat/completions", string address = "http://127.0.0.1:1",
        KeyValuePair<string, string>[]? headers = null) =>
        TryRead(body, owner ?? s_owner, dialect, target ?? s_target, out var asked, path, address, headers) ? asked.Key : null;

    private static bool TryRead(
        byte[] body, KeyOwner owner, Dialect dialect, Target target, out AskedCall asked, string path = "/v1/chat/completions", string address = "http://127.0.0.1:1",
        KeyValuePair<string, string>[]? headers = null)
    {
        var request = new UpstreamRequest { Method = HttpMethod.Post, Uri = new Uri(address), Target = path, Body = body };
        request.Headers.AddRange(headers ?? []);
        return AskedCall.TryRead(owner, target, dialect, request, out asked);
    }
}
