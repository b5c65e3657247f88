namespace OrleansGateway.Bench;

/// <summary>Prose to fill bodies with.</summary>
internal static class Words
{
    private const string Sentence = "The quick brown fox jumps over the lazy dog, and the dog, who had been dreaming of rivers, opens one eye. ";

    public static string OfLength(int length) => string.Concat(Enumerable.Repeat(Sentence, length / Sentence.Length + 1))[..length];
}
