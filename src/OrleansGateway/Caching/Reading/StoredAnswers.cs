using OrleansGateway.Caching.Disk;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Caching.Reading;

/// <summary>A stored answer, and where it stands.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="Level"><c>memory</c>, <c>disk</c> or <c>second_level</c>.</param>
internal readonly record struct StoredAnswer(CachedAnswer Answer, string Level);

/// <summary>What a request would find, wherever it is stored: looked at as it stands, and not brought into memory.</summary>
internal sealed class StoredAnswers : IDisposable
{
    private readonly List<StoredAnswer> _all = [];

    /// <summary>Those that count for most first.</summary>
    public IReadOnlyList<StoredAnswer> All => _all;

    /// <summary>The one that is for the request; none if none is.</summary>
    public CachedAnswer? Match { get; private set; }

    public static async ValueTask<StoredAnswers> FindAsync(AnswerCache cache, Exchange exchange, CacheKey key, CacheSettings settings)
    {
        var found = new StoredAnswers();
        var place = cache.PlaceOf(key);
        var inMemory = cache.Answers.Peek(key) ?? cache.Answers.Peek(place);
        found.Add(exchange, inMemory?.Answers.ToArray() ?? [], "memory");
        if (cache.Disk is { } disk && DiskKey.Of(place) is var onDisk && disk.HasMore(onDisk.Hash, inMemory))
            found.Add(exchange, Older(inMemory, await disk.LoadAsync(onDisk.Hash, onDisk.Bytes, settings, cache.ObjectBytesMax), place.Bytes), "disk");
        if (found.Match is null && cache.SecondLevel is { } second && await second.PeekAsync(exchange, key, settings) is { } elsewhere) found.Add(exchange, [elsewhere], "second_level");
        return found;
    }

    public void Dispose()
    {
        foreach (var (answer, level) in _all)
        {
            if (level != "memory") answer.LetGo();
        }
    }

    /// <summary>Those of the disk that count beside what is in memory.</summary>
    private static CachedAnswer[] Older(CachedResource? inMemory, List<CachedAnswer> loaded, int keyBytes)
    {
        var counting = CachedResource.WithOlder(inMemory, [.. loaded.Where(static answer => answer.Copy is { IsDropped: false })], keyBytes)?.Answers.ToArray() ?? [];
        foreach (var answer in loaded.Except(counting)) answer.LetGo();
        return [.. loaded.Intersect(counting)];
    }

    private void Add(Exchange exchange, CachedAnswer[] answers, string level)
    {
        _all.AddRange(answers.Select(answer => new StoredAnswer(answer, level)));
        Match ??= answers.FirstOrDefault(answer => answer.Vary.Matches(exchange, SentFields.Of));
    }
}
