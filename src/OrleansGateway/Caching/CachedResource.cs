using OrleansGateway.Caching.Disk;
using OrleansGateway.Caching.Store;

namespace OrleansGateway.Caching;

/// <summary>All that is stored of one URL: an answer, or some that differ by what requests say (<c>Vary</c>), the newest first.</summary>
internal sealed class CachedResource : IStored
{
    /// <summary>Most answers to one URL. An origin that varies by what each client has of its own would fill the store with what nobody asks for again.</summary>
    public const int AnswersMax = 32;

    private readonly CachedAnswer[] _answers;
    private readonly int _keyBytes;

    private CachedResource(CachedAnswer[] answers, int keyBytes)
    {
        (_answers, _keyBytes) = (answers, keyBytes);
        Bytes = keyBytes + 64;
        foreach (var answer in answers) Bytes += answer.Bytes;
    }

    public long Bytes { get; }

    public ReadOnlySpan<CachedAnswer> Answers => _answers;

    /// <summary>Whether what stands there on disk is among them.</summary>
    public bool Has(DiskEntry entry) => Array.Exists(_answers, answer => answer.Copy == entry || answer.BodyOnDisk?.Entry == entry);

    /// <summary>With an answer more, which takes the place of those that it stands for.</summary>
    public static CachedResource With(CachedResource? before, CachedAnswer added, int keyBytes)
    {
        var kept = (before?._answers ?? []).Where(answer => !answer.IsReplacedBy(added)).Take(AnswersMax - 1);
        return new CachedResource([added, .. kept], keyBytes);
    }

    /// <summary>With answers that were stored before those that are there, which count for more.</summary>
    public static CachedResource? WithOlder(CachedResource? now, IReadOnlyList<CachedAnswer> older, int keyBytes)
    {
        var kept = new List<CachedAnswer>(now?._answers ?? []);
        foreach (var answer in older)
        {
            if (kept.Count < AnswersMax && !kept.Exists(newer => answer.IsReplacedBy(newer))) kept.Add(answer);
        }

        return kept.Count == (now?._answers.Length ?? 0) ? now : new CachedResource([.. kept], keyBytes);
    }

    /// <summary>With those answers only; none if there are none.</summary>
    public CachedResource? Where(Func<CachedAnswer, bool> isKept)
    {
        var kept = _answers.Where(isKept).ToArray();
        return kept.Length == _answers.Length ? this : kept.Length == 0 ? null : new CachedResource(kept, _keyBytes);
    }

    void IStored.Left(IStored? successor)
    {
        var kept = (successor as CachedResource)?._answers ?? [];
        foreach (var answer in _answers)
        {
            if (Array.IndexOf(kept, answer) < 0) answer.LetGo();
        }
    }
}
