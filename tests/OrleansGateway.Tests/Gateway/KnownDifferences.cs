using OrleansGateway.Tests.Transcripts;

namespace OrleansGateway.Tests.Gateway;

/// <summary>The recorded exchanges that do not survive a translation, each with its reason; docs/translation.md names what they have in common.</summary>
internal static class KnownDifferences
{
    private static readonly Dictionary<string, string> s_reasons = [];

    public static string? Of(Transcript transcript) => s_reasons.GetValueOrDefault(transcript.ToString());
}
