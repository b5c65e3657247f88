using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansGateway.Tests.Upstreams;

namespace OrleansGateway.Tests.Gateway;

/// <summary>What the other dialect's provider is asked, word by word, and what the client hears.</summary>
public sealed class TranslationTests
{
    [Fact]
    public Task OpenAIChat_OfATurnWithTools_IsAskedOfAnthropicInItsWords() => AsksAsync(
        "/v1/chat/completions",
        """
        {"model":"a","max_completion_tokens":50,"temperature":0.70,"stop":"END","user":"u1","parallel_tool_calls":false,"reasoning_effort":"minimal","seed":1,"frequency_penalty":0,"n":1,
         "tool_choice":{"type":"function","function":{"name":"f"}},
         "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},{"type":"function","function":{"name":"g"}}],
         "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{}}}},
         "messages":[
          {"role":"system","content":"Be brief."},
          {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"image_url","image_url":{"url":"https://x/y.png"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}}]},
          {"role":"assistant","content":null,"tool_calls":[{"id":"functions.f:0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"not json"}}]},
          {"role":"tool","tool_call_id":"functions.f:0","content":"one"},
          {"role":"tool","tool_call_id":"c2","content":""},
          {"role":"user","content":"And?"},
          {"role":"developer","content":"Later rule."}]}
        """,
        """
        {"model":"a","max_tokens":50,"temperature":0.70,"stop_sequences":["END"],"metadata":{"user_id":"u1"},
         "output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object","properties":{}}}},
         "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},
         "tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true},{"name":"g","input_schema":{"type":"object","properties":{}}}],
         "system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Later rule."}],
         "messages":[
          {"role":"user","content":[{"type":"text","text":"Look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"image","source":{"type":"url","url":"https://x/y.png"}},{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"BBBB"},"title":"a.pdf"}]},
          {"role":"assistant","content":[{"type":"tool_use","id":"functions_f_0","name":"f","input":{"a":1}},{"type":"tool_use","id":"c2","name":"g","input":{"invalid_arguments":"not json"}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"functions_f_0","content":[{"type":"text","text":"one"}]},{"type":"tool_result","tool_use_id":"c2"},{"type":"text","text":"And?"}]}]}
        """,
        dropped: "seed");

    [Fact]
    public Task AnthropicMessage_OfATurnWithTools_IsAskedOfOpenAIInItsWords() => AsksAsync(
        "/v1/messages",
        """
        {"model":"o","max_tokens":50,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"stop_sequences":["END"],"top_k":5,"cache_control":{"type":"ephemeral"},
         "thinking":{"type":"enabled","budget_tokens":3000},"metadata":{"user_id":"u1"},
         "tools":[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}},{"type":"web_search_20250305","name":"web_search"}],
         "tool_choice":{"type":"any","disable_parallel_tool_use":true},
         "messages":[
          {"role":"user","content":"Hi"},
          {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"text","text":"I call."},{"type":"tool_use","id":"t1","name":"f","input":{"a":[1]}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":[{"type":"text","text":"no"},{"type":"image","source":{"type":"url","url":"https://x/y.png"}}]},{"type":"text","text":"Try"}]}]}
        """,
        """
        {"model":"o","max_tokens":50,"stop":["END"],"reasoning_effort":"medium","user":"u1","parallel_tool_calls":false,"tool_choice":"required","top_k":5,
         "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}},{"type":"web_search_20250305","name":"web_search"}],
         "messages":[
          {"role":"system","content":"Be brief."},
          {"role":"user","content":"Hi"},
          {"role":"assistant","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"sig"}],"content":"I call.","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":[1]}"}}]},
          {"role":"tool","tool_call_id":"t1","content":"no"},
          {"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}},{"type":"text","text":"Try"}]}]}
        """,
        dropped: "cache_control, tool_result.is_error");

    [Theory]
    [InlineData("n", """ "n":2 """)]
    [InlineData("logprobs", """ "logprobs":true """)]
    [InlineData("modalities", """ "modalities":["text","audio"] """)]
    [InlineData("functions", """ "functions":[] """)]
    [InlineData("tool_choice", """ "tool_choice":{"type":"allowed_tools"} """)]
    [InlineData("response_format", """ "response_format":{"type":"yaml"} """)]
    [InlineData("messages[0].content[0]", """ "messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}] """)]
    [InlineData("messages[0].content[1]", """ "messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"file","file":{"file_id":"f"}}]}] """)]
    [InlineData("messages[0].role", """ "messages":[{"role":"function","content":""}] """)]
    [InlineData("messages", """ "messages":"none" """)]
    [InlineData("system", """ "system":"x" """)]
    [InlineData("output_config", """ "output_config":{} """)]
    public async Task OpenAIChat_WithWhatAnthropicCannotBeAsked_IsRefusedAndNamed(string param, string field)
    {
        await using var bed = await ChatBed.StartAsync();
        using var answer = await bed.PostAsync("/v1/chat/completions", $$"""{"model":"a",{{field}}}""");
        var error = JsonElement.Parse(await ChatBed.TextAsync(answer)).GetProperty("error");
        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.StatusCode, error.GetProperty("param").GetString()));
        Assert.Empty(bed.Anthropic.Requests);
    }

    [Fact]
    public async Task OpenAIStream_OfCallsMixedTogether_ReachesAnAnthropicClientOneAfterTheOther()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Stream(
        [
            Delta("""{"role":"assistant","tool_calls":[{"index":0,"id":"c0","type":"function","function":{"name":"f","arguments":"{\"a"}}]}"""),
            Delta("""{"tool_calls":[{"index":1,"id":"c1","type":"function","function":{"name":"g","arguments":"{\"b\""}}]}"""),
            Delta("""{"tool_calls":[{"index":0,"function":{"arguments":"\":1}"}}]}"""),
            Delta("""{"tool_calls":[{"index":1,"function":{"arguments":":2}"}}]}"""),
            """data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}}""" + "\n\n",
            "data: [DONE]\n\n",
        ]));
        using var answer = await bed.MessageAsync("o", ""","stream":true""");
        var text = await ChatBed.TextAsync(answer);
        var conversation = Conversation.Of(OrleansGateway.Http.Dialect.Anthropic, System.Text.Encoding.UTF8.GetBytes(text), stream: true);
        Assert.Equal("c0 f {\"a\":1}\nc1 g {\"b\":2}", conversation.ToolCalls);
        Assert.Equal((6, 4, 5), (conversation.Usage.Input, conversation.Usage.CacheRead, conversation.Usage.Output));
        Assert.Equal(2, text.Split("content_block_stop\"").Length - 1);
    }

    [Fact]
    public async Task AnthropicAnswer_WithThinking_GivesAnOpenAIClientTheTextAndTheSignedBlock()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.Anthropic.Enqueue(Answer.Json(
            """{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"text","text":"A"},{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"text","text":"B"}],"stop_reason":"stop_sequence","stop_sequence":"END","usage":{"input_tokens":1,"cache_creation_input_tokens":7,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":3},"output_tokens":2}}"""));
        using var answer = await bed.ChatAsync("a");
        var body = JsonElement.Parse(await ChatBed.TextAsync(answer));
        var choice = body.GetProperty("choices")[0];
        Assert.Equal(("AB", "hm"), (choice.GetProperty("message").GetProperty("content").GetString(), choice.GetProperty("message").GetProperty("reasoning_content").GetString()));
        Assert.Equal("sig", choice.GetProperty("message").GetProperty("thinking_blocks")[0].GetProperty("signature").GetString());
        Assert.Equal(("stop", "stop_sequence", "END"), (choice.GetProperty("finish_reason").GetString(), choice.GetProperty("native_finish_reason").GetString(), choice.GetProperty("stop_reason").GetString()));
        var usage = body.GetProperty("usage");
        Assert.Equal((13, 5, 7), (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32(), usage.GetProperty("prompt_tokens_details").GetProperty("cache_write_tokens").GetInt32()));
    }

    [Theory]
    [InlineData("n")] [InlineData("max_completion_tokens")] [InlineData("stop")]
    public async Task AnthropicMessage_WithAFieldOfOpenAIsThatNobodyWouldCheck_IsRefused(string field)
    {
        await using var bed = await ChatBed.StartAsync();
        using var answer = await bed.MessageAsync("o", $",\"{field}\":7");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request_error"), await ChatBed.ErrorAsync(answer));
        Assert.Empty(bed.OpenAI.Requests);
    }

    [Theory]
    [InlineData(""" "output_config":"x" """)]
    [InlineData(""" "output_config":{"effort":7} """)]
    [InlineData(""" "tool_choice":7,"tools":7,"stop_sequences":7,"thinking":7,"metadata":7 """)]
    public async Task AnthropicMessage_WithFieldsOfTheWrongKind_IsNoFaultOfOurs(string field)
    {
        await using var bed = await ChatBed.StartAsync();
        bed.OpenAI.Enqueue(Answer.Json(Said.OpenAIWhole));
        using var answer = await bed.MessageAsync("o", "," + field);
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, answer.StatusCode.ToString());
    }

    [Fact]
    public async Task AnthropicAnswer_WithTwoThoughts_KeepsEachWithItsSignatureThereAndBack()
    {
        const string said = """{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"A","signature":"s1"},{"type":"thinking","thinking":"B","signature":"s2"},{"type":"text","text":"C"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}""";
        await using var bed = await ChatBed.StartAsync();
        bed.Anthropic.Enqueue(Answer.Json(said));
        using var first = await bed.ChatAsync("a");
        bed.OpenAI.Enqueue(Answer.Json(await ChatBed.TextAsync(first)));
        using var back = await bed.MessageAsync("o");
        var blocks = JsonElement.Parse(await ChatBed.TextAsync(back)).GetProperty("content").EnumerateArray().Select(b => $"{b}");
        Assert.Equal(["""{"type":"thinking","thinking":"A","signature":"s1"}""", """{"type":"thinking","thinking":"B","signature":"s2"}""", """{"type":"text","text":"C"}"""], blocks);
    }

    [Fact]
    public async Task AnthropicStream_OfACallWithoutArguments_GivesAnOpenAIClientAnEmptyObject()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.Anthropic.Enqueue(Answer.Stream(
        [
            Said.AnthropicStream[0],
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\"}}\n\n",
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":2}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ]));
        using var answer = await bed.ChatAsync("a", ""","stream":true""");
        Assert.Contains("\"arguments\":\"{}\"", await ChatBed.TextAsync(answer));
    }

    [Fact]
    public async Task AnthropicAnswer_ThatIsNoAnswer_IsA502()
    {
        await using var bed = await ChatBed.StartAsync();
        bed.Anthropic.Enqueue(Answer.Json("""{"foo":1}"""));
        using var answer = await bed.ChatAsync("a");
        Assert.Equal((HttpStatusCode.BadGateway, "upstream_error"), await ChatBed.ErrorAsync(answer));
    }

    private static string Delta(string delta) => $$"""data: {"id":"c","model":"m","created":1,"choices":[{"index":0,"delta":{{delta}},"finish_reason":null}]}""" + "\n\n";

    private static async Task AsksAsync(string path, string asked, string expected, string dropped)
    {
        await using var bed = await ChatBed.StartAsync();
        var (upstream, said) = path == "/v1/messages" ? (bed.OpenAI, Said.OpenAIWhole) : (bed.Anthropic, Said.AnthropicWhole);
        upstream.Enqueue(Answer.Json(said));
        using var answer = await bed.PostAsync(path, asked);
        Assert.True(answer.IsSuccessStatusCode, await ChatBed.TextAsync(answer));
        var sent = JsonNode.Parse(upstream.Requests.Single().Body);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), sent), $"sent {sent!.ToJsonString()}");
        Assert.Equal(dropped, answer.Headers.GetValues("x-gateway-dropped-params").Single());
    }
}
