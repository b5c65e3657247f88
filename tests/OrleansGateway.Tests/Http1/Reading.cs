using System.Text;
using OrleansGateway.Upstream;

namespace OrleansGateway.Tests.Http1;

/// <summary>Reads answers to their end.</summary>
internal static class Reading
{
    /// <summary>The rest of the body, in Latin-1.</summary>
    public static async Task<string> ReadToEndAsync(this UpstreamResponse response, CancellationToken cancellation, int bufferBytes = 8 << 10)
    {
        var (text, buffer) = (new StringBuilder(), new byte[bufferBytes]);
        while (await response.ReadAsync(buffer, cancellation) is > 0 and var bytes) text.Append(Encoding.Latin1.GetString(buffer, 0, bytes));
        return text.ToString();
    }

    /// <summary>Sends, reads to the end, and lets go.</summary>
    public static async Task<(int Status, string Body)> CallAsync(this IUpstream upstream, UpstreamRequest request, CancellationToken cancellation, int bufferBytes = 8 << 10)
    {
        await using var response = await upstream.SendAsync(request, cancellation);
        return (response.Status, await response.ReadToEndAsync(cancellation, bufferBytes));
    }
}
