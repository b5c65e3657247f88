using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>One history, all of it made of its seed: requests, answers, time and changes, through the cache as it is, each answer judged by the model.</summary>
internal sealed class History : IAsyncDisposable
{
    private const int StepsOfAnEpoch = 250;
    private const int StepsShown = 60;

    private static readonly double[] s_waits = [0.2, 0.9, 1, 1, 2, 5, 11, 61, 700, 3601, 90_000];

    private readonly HistoryClock _clock = new();
    private readonly Queue<(string What, object? Message)> _log = new();
    private readonly List<Asked> _asked = [];
    private readonly Random _random;
    private readonly OriginDice _origin;
    private readonly RequestDice _requests;
    private readonly ModelCache _model;
    private readonly HistoryBed _bed;
    private readonly int _seed;
    private string[] _targets = [];
    private int _ids;
    private int _step;

    public History(int seed)
    {
        (_seed, _random) = (seed, new Random(seed));
        _origin = new OriginDice(_random, _clock);
        _requests = new RequestDice(_random, _origin);
        var settings = SettingsOf(seed);
        _model = new ModelCache(settings);
        _bed = new HistoryBed(_clock, settings, Answer);
    }

    /// <summary>Requests that any cache would answer from what it has.</summary>
    public int Plain { get; private set; }

    /// <summary>Those of them that this one has answered so.</summary>
    public int Reused { get; private set; }

    /// <summary>Answers given without asking the origin.</summary>
    public int Hits { get; private set; }

    /// <summary>Takes so many steps. Returns what is wrong, with the seed and the last steps; none if nothing is.</summary>
    public string? Run(int steps)
    {
        for (var i = 0; i < steps; i++, _step++)
        {
            if (_step % StepsOfAnEpoch == 0) Begin();
            if (Step() is not { } fault) continue;
            return $"seed {_seed}, step {_step}: {fault}\n{string.Join('\n', _log.Select(static note => note.What + note.Message))}";
        }

        return null;
    }

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    /// <summary>Other URLs, so that a long history is not longer and longer to judge.</summary>
    private void Begin()
    {
        _model.Forget();
        _origin.Forget();
        _targets = [.. Enumerable.Range(0, 4).Select(i => $"/{_step}/{i}")];
        _log.Clear();
    }

    private static CacheSettings SettingsOf(int seed) => new()
    {
        Scope = CacheScope.Public,
        Heuristics = (HeuristicUse)(seed % 3),
        RequestDirectives = seed % 5 == 4 ? RequestDirectiveUse.Ignore : RequestDirectiveUse.Honour,
        StaleWhileRevalidate = seed % 4 == 3 ? TimeSpan.FromSeconds(20) : TimeSpan.Zero,
        StaleIfError = seed % 2 == 1 ? TimeSpan.FromSeconds(60) : TimeSpan.Zero,
    };

    private string? Step()
    {
        var dice = _random.Next(100);
        if (dice < 4) Change();
        if (dice is >= 4 and < 45) Wait(s_waits[_random.Next(s_waits.Length)]);
        var request = _requests.Next(_targets);
        var isPlain = _model.IsPlainlyReusable(request, _clock.GetUtcNow());
        var (now, changes) = (_clock.GetUtcNow(), _model.Changes);
        _asked.Clear();
        Note($"{_step} {now:HH:mm:ss.f} > ", request);
        HistoryAnswer answer;
        try
        {
            answer = _bed.Send(request);
        }
        catch (Exception broken)
        {
            return $"{broken}";
        }

        Note("    < ", answer);
        if (_asked.Count == 0) Hits++;
        if (isPlain) Plain++;
        if (isPlain && _asked.Count == 0) Reused++;
        return _model.Fault(request, answer, _asked, now, changes, _clock.GetUtcNow());
    }

    private HistoryAnswer? Answer(HistoryRequest request)
    {
        var (id, sentAt, changes) = (++_ids, _clock.GetUtcNow(), _model.Changes);
        if (_random.Next(100) < 3) Change();
        var answer = _origin.Answer(request, id, out var version);
        if (_random.Next(100) < 15) Wait(_random.Next(1, 40) / 10.0);
        if (_random.Next(100) < 3) Change();
        var asked = new Asked(id, request, answer, sentAt, _clock.GetUtcNow(), changes, version);
        _asked.Add(asked);
        Note("    origin ", asked);
        _model.Saw(asked);
        return answer;
    }

    private void Change()
    {
        var mode = _random.Next(3) == 0 ? InvalidationMode.Soft : InvalidationMode.Hard;
        if (_random.Next(2) == 0)
        {
            var target = _targets[_random.Next(_targets.Length)];
            Note($"  purge {mode} {target}");
            _bed.Purge(target, mode);
            _model.Invalidate(mode, stored => stored.Target == target);
            return;
        }

        var tag = _random.Next(2) == 0 ? "red" : "blue";
        Note($"  purge {mode} tag {tag}");
        _bed.PurgeTag(tag, mode);
        _model.Invalidate(mode, stored => ModelSyntax.Members(stored.Fields.All("Cache-Tag")).Contains(tag));
    }

    private void Wait(double seconds)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        Note($"  wait {seconds} s");
    }

    private void Note(string what, object? message = null)
    {
        _log.Enqueue((what, message));
        if (_log.Count > StepsShown) _log.Dequeue();
    }
}
