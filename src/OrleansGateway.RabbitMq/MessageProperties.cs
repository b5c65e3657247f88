using System.Text;
using RabbitMQ.Client;

namespace OrleansGateway.RabbitMq;

/// <summary>Headers and properties of a delivery, as texts by the names that mapping rules know.</summary>
internal static class MessageProperties
{
    /// <summary>
    /// The user that the broker knows the publisher to be: it refuses a message that states another (RabbitMQ, "Validated User-ID"). So a rule may tell the tenant from it.
    /// </summary>
    private const string UserId = "user-id";

    private const string RoutingKey = "routing-key";

    public static Dictionary<string, string> Of(IReadOnlyBasicProperties properties, string routingKey)
    {
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in properties.Headers ?? new Dictionary<string, object?>())
        {
            if (TextOf(value) is { } text) all[name] = text;
        }

        // After the headers, which anybody may name as he likes: these are the broker's own word.
        Set("content-type", properties.ContentType);
        Set("message-id", properties.MessageId);
        Set("type", properties.Type);
        all.Remove(UserId);
        Set(UserId, properties.UserId);
        all[RoutingKey] = routingKey;
        return all;

        void Set(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) all[name] = value;
        }
    }

    // Lists and tables, such as the broker's own x-death, are no text.
    private static string? TextOf(object? value) => value switch
    {
        string text => text,
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        bool truth => truth ? "true" : "false",
        AmqpTimestamp time => DateTimeOffset.FromUnixTimeSeconds(time.UnixTime).ToString("O", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };
}
