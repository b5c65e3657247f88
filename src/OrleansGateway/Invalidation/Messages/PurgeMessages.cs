using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>What is sent to the purge APIs of others. What we cannot select as narrowly as they is selected more widely.</summary>
internal static class PurgeMessages
{
    /// <summary>
    /// Fastly: keys in the body or in <c>Surrogate-Key</c>; <c>Fastly-Soft-Purge: 1</c>. Its reference says that the header need only be there; with another value than the one in all its
    /// examples we purge hard, which is the safe way.
    /// </summary>
    public static IncomingMessage ReadFastly(MessageHeaders headers, JsonElement body)
    {
        var fields = new SelectorFields();
        fields.Each(body, "surrogate_keys", fields.AddTag);
        foreach (var key in (headers["Surrogate-Key"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)) fields.AddTag(key, "Surrogate-Key");
        return Of(fields, headers["Fastly-Soft-Purge"] == "1" ? InvalidationMode.Soft : null, "surrogate_keys");
    }

    /// <summary>Cloudflare: <c>files</c> are URLs, alone or with the headers of one variant; we purge them all.</summary>
    public static IncomingMessage ReadCloudflare(JsonElement body)
    {
        var fields = new SelectorFields();
        if (body.Field("files") is { ValueKind: JsonValueKind.Array } files)
        {
            var index = 0;
            foreach (var file in files.EnumerateArray().Take(SelectorFields.Max + 1))
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"files[{index++}]");
                fields.AddUrl((file.ValueKind == JsonValueKind.String ? file.GetString() : file.Text("url")) ?? "", path);
            }
        }

        fields.Each(body, "tags", fields.AddTag);
        fields.Each(body, "hosts", fields.AddHost);
        fields.Each(body, "prefixes", fields.AddPrefix);
        if (body.Field("purge_everything") is { ValueKind: JsonValueKind.True }) fields.Add(Selector.All, "purge_everything", "");
        return Of(fields, null, "files, tags, hosts, prefixes or purge_everything");
    }

    /// <summary>Akamai: <c>objects</c> are URLs, paths below <c>hostname</c>, or tags. CP codes are Akamai's own.</summary>
    public static IncomingMessage ReadAkamai(JsonElement body)
    {
        var (fields, host) = (new SelectorFields(), body.Text("hostname"));
        fields.Each(body, "objects", (item, path) =>
        {
            if (host is not null) fields.AddUrl(host + (item.StartsWith('/') ? item : "/" + item), path);
            else if (item.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || item.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) fields.AddUrl(item, path);
            else fields.AddTag(item, path);
        });
        return Of(fields, null, "objects");
    }

    /// <summary>Google Media CDN: one of <c>cacheTags</c>, and <c>host</c> and <c>path</c> besides. Tags alone select more, and are what we go by if there are any.</summary>
    public static IncomingMessage ReadGoogle(JsonElement body)
    {
        var fields = new SelectorFields();
        fields.Each(body, "cacheTags", fields.AddTag);
        var (host, path) = (body.Text("host"), body.Text("path"));
        if (fields.Selectors.Count > 0 || fields.Faults.Count > 0) return Of(fields, null, "cacheTags");
        if (host is null) return IncomingMessage.Refuse(Rejection.Selector("host: Is needed where there are no cacheTags."));
        if (host.Contains('*', StringComparison.Ordinal)) return IncomingMessage.Refuse(Rejection.Selector("host: A host with * cannot be selected; name each, or use a tag."));
        if (path is null or "/*") fields.AddHost(host, "host");
        else if (path.EndsWith('*')) fields.AddPrefix(host + path[..^1], "path");
        else AddPath(fields, host + path);
        return Of(fields, null, "host");
    }

    /// <summary>A path stands for all URLs of that path, whatever their query: Google compares it with nothing behind the <c>?</c>.</summary>
    private static void AddPath(SelectorFields fields, string url)
    {
        fields.AddUrl(url, "path");
        fields.AddPrefix(url + "?", "path");
    }

    private static IncomingMessage Of(SelectorFields fields, InvalidationMode? mode, string expected) =>
        fields.Rejection is { } rejection ? IncomingMessage.Refuse(rejection)
        : fields.Selectors.Count == 0 ? IncomingMessage.Refuse(Rejection.Shape($"It selects nothing: {expected} is missing or empty."))
        : new IncomingMessage { Selectors = fields.Selectors, Mode = mode };
}
