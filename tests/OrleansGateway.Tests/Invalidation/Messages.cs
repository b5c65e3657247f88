using System.Text;
using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Invalidation.Messages;

namespace OrleansGateway.Tests.Invalidation;

/// <summary>Maps messages in tests.</summary>
internal static class Messages
{
    public static InvalidationSourceSettings Source(EventFormat format, params InvalidationRuleSettings[] rules) => new() { Format = format, Tenants = ["acme"], Rules = rules };

    public static Mapping Map(InvalidationSourceSettings source, string body, params string[] headers) => EventMapper.Map(
        new EventSource("shop", source), new MessageHeaders(headers.Select(h => h.Split('=', 2)).Select(h => new KeyValuePair<string, string>(h[0], h[1]))), Encoding.UTF8.GetBytes(body));

    /// <summary>What it selects, in order; or why not.</summary>
    public static string Selected(InvalidationSourceSettings source, string body, params string[] headers)
    {
        var mapping = Map(source, body, headers);
        return mapping.Rejected is { } rejected ? "refused " + rejected.Code
            : mapping.Nothing is not null ? "nothing"
            : string.Join(", ", mapping.Request!.Selectors.Select(s => s.ToString()).Order(StringComparer.Ordinal)) + (mapping.Request.Mode == InvalidationMode.Soft ? " (soft)" : "");
    }
}
