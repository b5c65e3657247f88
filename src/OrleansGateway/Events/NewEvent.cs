using System.Security.Cryptography;
using System.Text;

namespace OrleansGateway.Events;

/// <summary>An event before it has its place in the log.</summary>
/// <param name="Sources">What it is made of, each named for ever: an event with a source that another one had already is not added again.</param>
/// <param name="Tenant">Whose it is; none if it is the gateway's own.</param>
/// <param name="Type">One of <see cref="Configuration.EventTypes"/>.</param>
/// <param name="At">When it happened.</param>
/// <param name="Data">What happened: a JSON object, without secrets.</param>
internal sealed record NewEvent(IReadOnlyList<byte[]> Sources, string? Tenant, string Type, DateTimeOffset At, string Data)
{
    public NewEvent(string source, string? tenant, string type, DateTimeOffset at, string data) : this([Encoding.UTF8.GetBytes(source)], tenant, type, at, data)
    {
    }

    /// <summary>Follows from what it is made of: made again, it is the same.</summary>
    public string Id => "evt_" + Convert.ToHexStringLower(SHA256.HashData(Sources[0]).AsSpan(0, 16));
}
