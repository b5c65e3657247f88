namespace OrleansGateway.Storage.Usage;

/// <summary>
/// Puts a stretch of time together from rollups, the coarsest that fit: whole days from the nearest midnight in UTC to the nearest, then hours added or taken away at both ends, then
/// minutes, then records. A day in Berlin is thus a day and four hours that are read, instead of 24.
/// </summary>
internal sealed class UsageCover(UsageKept kept)
{
    private readonly List<UsageChunk> _chunks = [];

    public static IReadOnlyList<UsageChunk> Of(IReadOnlyList<UsageInterval> steps, UsageKept kept)
    {
        var cover = new UsageCover(kept);
        for (var i = 0; i < steps.Count; i++) cover.Add(UsageGrain.Day, steps[i].From, steps[i].To, i, sign: 1);
        return Merged(cover._chunks);
    }

    // Where two steps meet both need the same few hours; they are read once.
    private static List<UsageChunk> Merged(List<UsageChunk> chunks)
    {
        var merged = new List<UsageChunk>(chunks.Count);
        var places = new Dictionary<(UsageGrain, long From, long To, int Step, int Sign), int>();
        foreach (var chunk in chunks)
        {
            if (chunk.Grain != UsageGrain.Record && places.Remove((chunk.Grain, chunk.From, chunk.To, chunk.Step - 1, -chunk.Sign), out var place))
            {
                merged[place] = merged[place] with { IsShared = true };
                continue;
            }

            places[(chunk.Grain, chunk.From, chunk.To, chunk.Step, chunk.Sign)] = merged.Count;
            merged.Add(chunk);
        }

        return merged;
    }

    private void Add(UsageGrain grain, long from, long to, int step, int sign)
    {
        while (grain != UsageGrain.Record && to - from < grain.Length()) grain++;
        if (grain == UsageGrain.Record)
        {
            if (from < to) _chunks.Add(new UsageChunk(grain, from, to, step, sign));
            return;
        }

        var (first, last) = (Nearest(grain, from), Nearest(grain, to));
        if (first < last) _chunks.Add(new UsageChunk(grain, first, last, step, sign));
        AddEdge(grain + 1, last, to, step, sign);
        AddEdge(grain + 1, first, from, step, -sign);
    }

    private void AddEdge(UsageGrain grain, long edge, long at, int step, int sign)
    {
        if (at > edge) Add(grain, edge, at, step, sign);
        else if (at < edge) Add(grain, at, edge, step, -sign);
    }

    // Down only if the finer rollups, which must be taken away then, are there.
    private long Nearest(UsageGrain grain, long at)
    {
        var floor = grain.Floor(at);
        if (floor == at) return at;
        var isUp = at - floor > grain.Length() / 2 || floor < kept.Since(grain + 1);
        return isUp ? floor + grain.Length() : floor;
    }
}
