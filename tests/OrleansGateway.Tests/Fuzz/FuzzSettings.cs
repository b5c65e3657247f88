namespace OrleansGateway.Tests.Fuzz;

/// <summary>What a run of the fuzzer is to do, from the environment.</summary>
/// <param name="Seed">Decides all cases: <c>FUZZ_SEED</c>. The same unless told: what decides whether a change lands must not depend on the day. 0 draws one.</param>
/// <param name="Duration">How long cases are run: <c>FUZZ_SECONDS</c>, 1 to 86,400; default 120.</param>
/// <param name="Only">The one case to replay, over and over: <c>FUZZ_CASE</c>; none runs one after the other.</param>
internal sealed record FuzzSettings(int Seed, TimeSpan Duration, int? Only)
{
    /// <summary>How often a case that is replayed is run: what depends on timing may not show the first time.</summary>
    public const int Replays = 25;

    public static FuzzSettings Read()
    {
        var seconds = Number("FUZZ_SECONDS") ?? 120;
        Assert.InRange(seconds, 1, 86_400);
        return new(Number("FUZZ_SEED") switch { null => 2034889028, 0 => Random.Shared.Next(), var seed => seed.Value }, TimeSpan.FromSeconds(seconds), Number("FUZZ_CASE"));
    }

    private static int? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;
}
