using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;

namespace OrleansGateway.Caching.Models;

/// <summary>The tags of a call's answer: of its model, of its own headers, and those that the route makes of what the call says.</summary>
internal static class CallTags
{
    /// <summary>Most tags of one answer.</summary>
    public const int Max = 64;

    /// <summary>The tags, each once and in order; none if there are too many, or one is too long, for which nothing may be stored: a purge would not find it.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="call">The call.</param>
    /// <param name="named">Tags that its headers name.</param>
    /// <param name="metadata">What its headers say of it.</param>
    public static IReadOnlyList<string>? Of(Exchange exchange, ModelCall call, IReadOnlyList<string> named, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        var tags = new SortedSet<string>(StringComparer.Ordinal) { "model:" + call.Entry.Name };
        tags.UnionWith(named);
        foreach (var template in exchange.Route!.ModelCacheTags)
        {
            if (!template.Fill(name => ValueOf(name, exchange, call, metadata), tag => tag.Length <= CacheTagTemplate.TagCharsMax && (tags.Add(tag) || true) && tags.Count <= Max))
                return null;
        }

        return tags.Count <= Max ? [.. tags] : null;
    }

    private static string? ValueOf(string name, Exchange exchange, ModelCall call, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        switch (name)
        {
            case "model": return call.Entry.Name;
            case "route": return exchange.Route!.Id;
            case "team": return exchange.Caller?.Team;
            case "user": return exchange.Caller?.User;
        }

        var field = name[(name.IndexOf('.') + 1)..];
        foreach (var (key, value) in metadata)
        {
            if (key == field) return value;
        }

        return OfBody(call, field);
    }

    /// <summary>What the body's <c>metadata</c> says, a text or a list of texts. Longer than what usage records keep of it: a purge must find all.</summary>
    private static string? OfBody(ModelCall call, string field)
    {
        if (call.Envelope.MetadataAt is var at && at.Equals(default(Range))) return null;
        using var metadata = JsonDocument.Parse(call.Body[at]);
        return metadata.RootElement.Member(field) is { } value ? string.Join(',', value.Texts()) : null;
    }
}
