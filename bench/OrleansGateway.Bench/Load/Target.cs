using System.CommandLine;
using System.Net;
using System.Text;

namespace OrleansGateway.Bench.Load;

/// <summary>What is put under load: an address, and how to call it.</summary>
internal sealed record Target(Uri Url, string Key, string Model, IReadOnlyList<string> Headers)
{
    public IPEndPoint Address => new(IPAddress.Parse(Url.Host), Url.Port);

    /// <summary>A chat request of 935 bytes with the headers that OpenAI's Python client sends.</summary>
    public byte[] Request(bool stream)
    {
        var head = $$"""{"model":"{{Model}}",{{(stream ? "\"stream\":true," : "")}}"temperature":0.7,"messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":""";
        var body = $$"""{{head}}"{{Words.OfLength(Math.Max(0, 935 - head.Length - 5))}}"}]}""";
        return Encoding.ASCII.GetBytes($"""
            POST {Url.AbsolutePath.TrimEnd('/')}/chat/completions HTTP/1.1
            Host: {Url.Authority}
            Accept-Encoding: gzip, deflate
            Connection: keep-alive
            Accept: application/json
            Content-Type: application/json
            User-Agent: OpenAI/Python 1.109.1
            X-Stainless-Lang: python
            X-Stainless-Package-Version: 1.109.1
            X-Stainless-OS: Linux
            X-Stainless-Arch: x64
            X-Stainless-Runtime: CPython
            X-Stainless-Runtime-Version: 3.12.3
            X-Stainless-Async: false
            Authorization: Bearer {Key}
            x-stainless-retry-count: 0
            Content-Length: {body.Length}{string.Concat(Headers.Select(header => "\n" + header))}


            """.ReplaceLineEndings("\r\n") + body);
    }

    /// <summary>The head of a request for something below the URL.</summary>
    public byte[] Head(string method, string below, long bodyBytes = 0) => Encoding.ASCII.GetBytes($"""
        {method} {Url.AbsolutePath.TrimEnd('/')}/{below} HTTP/1.1
        Host: {Url.Authority}
        Accept: */*
        User-Agent: bench
        Authorization: Bearer {Key}{(bodyBytes > 0 ? $"\nContent-Length: {bodyBytes}" : "")}{string.Concat(Headers.Select(header => "\n" + header))}


        """.ReplaceLineEndings("\r\n"));

    /// <summary>The options that name a target.</summary>
    public sealed class Options
    {
        public Option<string> Url { get; } = new("--url") { Description = "Base URL on loopback: http://127.0.0.1:8080/v1", Required = true };
        public Option<string> Key { get; } = new("--key") { Description = "API key.", DefaultValueFactory = _ => "none" };
        public Option<string> Model { get; } = new("--model") { Description = "Model to ask for.", DefaultValueFactory = _ => "bench" };
        public Option<string[]> Header { get; } = new("--header") { Description = "A header to add, as 'Name: value'.", DefaultValueFactory = _ => [] };
        public Option<int> Pid { get; } = new("--pid") { Description = "Process whose CPU and memory are measured, its children included." };

        public void AddTo(Command command)
        {
            command.Add(Url);
            command.Add(Key);
            command.Add(Model);
            command.Add(Header);
            command.Add(Pid);
        }

        public Target Read(ParseResult parsed) => new(new Uri(parsed.GetRequiredValue(Url)), parsed.GetValue(Key)!, parsed.GetValue(Model)!, parsed.GetValue(Header)!);
    }
}
