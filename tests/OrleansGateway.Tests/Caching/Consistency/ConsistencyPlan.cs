namespace OrleansGateway.Tests.Caching.Consistency;

/// <summary>What is read and written, and how: of each key, by its number, what its answers say of caching.</summary>
/// <param name="Keys">How many resources there are.</param>
/// <param name="DelayMax">The longest that the origin takes before the head of an answer, and again in the middle of its body.</param>
internal sealed record ConsistencyPlan(int Keys, TimeSpan DelayMax)
{
    private const int Groups = 4;

    /// <summary>Length of a body; the version stands at its beginning and again at its end.</summary>
    public int BodyBytes { get; init; } = 256;

    /// <summary>Path of a key: a folder for each group, so that a prefix reaches some keys and not others.</summary>
    public static string PathOf(int key) => string.Create(CultureInfo.InvariantCulture, $"/shop/{key % Groups}/item-{key}");

    public static string PrefixOf(int key) => string.Create(CultureInfo.InvariantCulture, $"/shop/{key % Groups}/");

    public static string TagOf(int key) => string.Create(CultureInfo.InvariantCulture, $"item-{key}");

    public static string GroupOf(int key) => string.Create(CultureInfo.InvariantCulture, $"group-{key % Groups}");

    public static int KeyOf(string? path) => int.Parse(path.AsSpan()[(path!.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture);

    public static string TagsOf(int key) => $"{TagOf(key)}, {GroupOf(key)}";

    /// <summary>Long fresh, soon stale and validated, stale while it is revalidated, validated each time, and stale if the origin fails: each a fifth of the keys.</summary>
    public static string CacheControlOf(int key) => (key % 5) switch
    {
        0 => "max-age=3600",
        1 => "max-age=1",
        2 => "max-age=1, stale-while-revalidate=3600",
        3 => "no-cache",
        _ => "max-age=3600, stale-if-error=3600",
    };

    /// <summary>How long the origin takes: mostly not at all, so that there is much to read; else anything up to the most.</summary>
    public (TimeSpan BeforeHead, TimeSpan BeforeBody) Delays(Random random)
    {
        lock (random) return (Delay(random), Delay(random));
    }

    private TimeSpan Delay(Random random) => random.Next(3) == 0 ? DelayMax * random.NextDouble() : TimeSpan.Zero;
}
