using System.Security.Cryptography;
using System.Text;

namespace OrleansGateway.Configuration;

/// <summary>One version of what all nodes of a cluster are configured with.</summary>
/// <param name="Sequence">Its number, from 1; the same on all nodes.</param>
/// <param name="Text">The document as it was written: its references are looked up on each node. Without the sections that are a node's own.</param>
internal sealed record SharedText(long Sequence, string Text)
{
    /// <summary>What faults in it are said to be in, in place of a file.</summary>
    public const string Name = "configuration of the cluster";

    /// <summary>Names it in logs, answers and the history.</summary>
    public string Version => VersionOf(Sequence, Text);

    /// <summary>The number, and the beginning of the SHA-256 of the text.</summary>
    public static string VersionOf(long sequence, string text) =>
        string.Create(CultureInfo.InvariantCulture, $"{sequence}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 4))}");
}
