using Microsoft.Extensions.Primitives;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching.Terms;

/// <summary>
/// The head of an answer as it is stored: what is sent to clients again, made ready, and what was meant for us alone. Without what speaks of a connection (RFC 9111 §3.1), of
/// its length, which the body says, and of its age, which is ours to say.
/// </summary>
internal sealed class StoredHead
{
    private StoredHead(int status, List<KeyValuePair<string, StringValues>> sent, List<KeyValuePair<string, StringValues>> kept)
    {
        (Status, Sent, Kept) = (status, [.. sent], [.. kept]);
        Bytes = 64;
        foreach (var (name, values) in Sent.Concat(Kept)) Bytes += 72 + (2 * (name.Length + values.Sum(static value => value?.Length ?? 0))) + (values.Count > 1 ? 24 + (values.Count * 30) : 0);
    }

    public int Status { get; }

    /// <summary>Fields that clients get.</summary>
    public KeyValuePair<string, StringValues>[] Sent { get; }

    /// <summary>Fields that were meant for this cache, and the age that the answer came with.</summary>
    public KeyValuePair<string, StringValues>[] Kept { get; }

    public int Bytes { get; }

    /// <param name="answer">As it came.</param>
    /// <param name="now">The date when it came.</param>
    public static StoredHead Of(UpstreamResponse answer, DateTimeOffset now)
    {
        var (sent, kept) = (new List<KeyValuePair<string, StringValues>>(answer.FieldCount + 2), new List<KeyValuePair<string, StringValues>>());
        Read(answer, now, sent, kept);
        Append(sent, "Via", answer.Version + " gateway");
        return new StoredHead(answer.Status, sent, kept);
    }

    /// <summary>As it was stored before.</summary>
    public static StoredHead Restore(int status, KeyValuePair<string, StringValues>[] sent, KeyValuePair<string, StringValues>[] kept) => new(status, [.. sent], [.. kept]);

    /// <summary>As a 304 has it (RFC 9111 §3.2, §4.3.4): its fields take the place of those of their name, but what describes the body stays that of the body.</summary>
    public StoredHead UpdatedBy(UpstreamResponse notModified, DateTimeOffset now)
    {
        var (sent, kept) = (new List<KeyValuePair<string, StringValues>>(), new List<KeyValuePair<string, StringValues>>());
        Read(notModified, now, sent, kept);
        sent.RemoveAll(static field => DescribesBody(field.Key));
        return new StoredHead(Status, Merge(Sent, sent), Merge(Kept.Where(static field => !Is(field.Key, "Age")), kept));
    }

    /// <summary>With another status.</summary>
    public StoredHead WithStatus(int status) => new(status, [.. Sent.Where(static field => !Is(field.Key, "Content-Range"))], [.. Kept]);

    /// <summary>All lines of a field, as one; empty if it is not there.</summary>
    public StringValues this[string name]
    {
        get
        {
            foreach (var field in Sent)
            {
                if (Is(field.Key, name)) return field.Value;
            }

            foreach (var field in Kept)
            {
                if (Is(field.Key, name)) return field.Value;
            }

            return default;
        }
    }

    public bool Has(string name) => this[name].Count > 0;

    /// <summary>Fields that are meant for this cache alone, and not for clients.</summary>
    public static IReadOnlyList<string> OurNames { get; } = ["Gateway-Cache-Control", "Surrogate-Key", "Surrogate-Control", "xkey"];

    private static void Read(UpstreamResponse answer, DateTimeOffset now, List<KeyValuePair<string, StringValues>> sent, List<KeyValuePair<string, StringValues>> kept)
    {
        var connection = Lines(answer, "Connection");
        var namesFields = HopByHop.NamesFields(connection);
        for (var i = 0; i < answer.FieldCount; i++)
        {
            var (name, value) = answer.Field(i);
            if (HopByHop.Has(name) || (namesFields && HeaderList.Has(connection, name))) continue;
            if (Is(name, "Content-Length") || Is(name, "x-request-id") || Is(name, "x-gateway-config-version")) continue;
            Append(OurNames.Contains(name, StringComparer.OrdinalIgnoreCase) || Is(name, "Age") ? kept : sent, name, value);
        }

        // RFC 9110 §6.6.1: what has none gets that of its coming, or caches behind us take it for as new as it leaves here.
        if (!sent.Exists(static field => Is(field.Key, "Date"))) Append(sent, "Date", now.ToString("R", CultureInfo.InvariantCulture));
    }

    private static StringValues Lines(UpstreamResponse answer, string name)
    {
        StringValues lines = default;
        for (var i = 0; i < answer.FieldCount; i++)
        {
            if (answer.Field(i) is var (key, value) && Is(key, name)) lines = StringValues.Concat(lines, value);
        }

        return lines;
    }

    private static List<KeyValuePair<string, StringValues>> Merge(IEnumerable<KeyValuePair<string, StringValues>> stored, List<KeyValuePair<string, StringValues>> update) =>
        [.. stored.Where(field => !update.Exists(newer => Is(newer.Key, field.Key))), .. update];

    private static void Append(List<KeyValuePair<string, StringValues>> fields, string name, string value)
    {
        var at = fields.FindIndex(field => Is(field.Key, name));
        if (at < 0) fields.Add(new(name, value));
        else fields[at] = new(fields[at].Key, StringValues.Concat(fields[at].Value, value));
    }

    private static bool DescribesBody(string name) =>
        Is(name, "Content-Encoding") || Is(name, "Content-Range") || Is(name, "Content-MD5") || Is(name, "Content-Digest") || Is(name, "Via");

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
