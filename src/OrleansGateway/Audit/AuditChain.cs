using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansGateway.Audit;

/// <summary>
/// Chains records by their hashes: SHA-256 over the 32 bytes of the hash before and the record as canonical JSON (members in alphabetical order, no spaces,
/// those without a value left out). Whoever changes, drops or moves one must write every later one anew, and the head that others may have noted.
/// </summary>
internal static class AuditChain
{
    /// <summary>What stands before the first record.</summary>
    public const string Root = "0000000000000000000000000000000000000000000000000000000000000000";

    // As few escapes as JSON allows, as RFC 8785 has it, so that others can compute the same bytes.
    private static readonly JsonWriterOptions Canonical = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The record that follows on the one of that place and hash.</summary>
    public static AuditRecord Next(long sequence, string hash, AuditEntry entry) =>
        new(sequence + 1, entry, hash, HashOf(sequence + 1, hash, entry));

    /// <summary>Hash of a record.</summary>
    public static string HashOf(long sequence, string previousHash, AuditEntry entry)
    {
        var json = new ArrayBufferWriter<byte>(512);
        json.Write(Convert.FromHexString(previousHash));
        using (var writer = new Utf8JsonWriter(json, Canonical)) Write(writer, sequence, entry);
        return Convert.ToHexStringLower(SHA256.HashData(json.WrittenSpan));
    }

    private static void Write(Utf8JsonWriter json, long sequence, AuditEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("action", entry.Action);
        json.WriteString("actor", entry.By.Id);
        Optional("address", entry.By.Address);
        Optional("after", entry.After);
        json.WriteNumber("at", entry.At.ToUnixTimeMilliseconds());
        Optional("before", entry.Before);
        Optional("request_id", entry.By.RequestId);
        json.WriteString("role", entry.By.Role);
        json.WriteNumber("sequence", sequence);
        json.WriteString("target", entry.Target);
        Optional("tenant", entry.Tenant);
        json.WriteEndObject();

        void Optional(string name, string? value)
        {
            if (value is not null) json.WriteString(name, value);
        }
    }
}
