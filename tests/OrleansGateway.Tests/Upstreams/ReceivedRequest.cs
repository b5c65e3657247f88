using System.Text.Json;

namespace OrleansGateway.Tests.Upstreams;

/// <summary>A request as it reached the mock upstream.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path and query, as sent.</param>
/// <param name="Headers">Headers by name, whatever its case; several values are joined by a comma.</param>
/// <param name="Body">All of the body, as sent.</param>
/// <param name="Aborted">Completes when the connection is closed, by the client or by a cut, before the answer is whole. Never if it never is.</param>
/// <param name="Answered">Completes when the answer has been written whole.</param>
internal sealed record ReceivedRequest(
    string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, Task Aborted, Task Answered)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json() => JsonElement.Parse(Body);
}
