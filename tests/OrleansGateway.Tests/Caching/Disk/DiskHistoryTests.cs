using Microsoft.Extensions.Logging.Abstractions;
using OrleansGateway.Caching;
using OrleansGateway.Caching.Disk;
using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Invalidation;
using OrleansGateway.Telemetry;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Caching.Disk;

/// <summary>The disk beside a model of it, which knows all that was ever stored and invalidated: what comes back was stored last, and nothing has selected it since its fetch began.</summary>
public sealed class DiskHistoryTests
{
    private const int Keys = 24;
    private const int LogKept = 6;
    private const long SizeBytes = 1 << 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Disk_OverAnyHistory_GivesOnlyWhatIsStoredAndValid(int seed)
    {
        await using var run = new Run(seed);
        for (var step = 0; step < 1_500; step++) await run.StepAsync(step);
        Assert.True(run.Hits > 50, $"{run.Hits} hits");
        await run.EmptyAsync();
    }

    private sealed class Run : IAsyncDisposable
    {
        private readonly List<StateFolder> _folders = [new()];
        private readonly GatewayMetrics _metrics = new();
        private readonly Random _random;
        private readonly List<NumberedInvalidation> _log = [];
        private readonly Dictionary<int, List<Version>> _may = [];
        private readonly List<Version> _ever = [];
        private readonly List<Coming> _coming = [];
        private InvalidationTable _table = new();
        private DiskCache _disk = null!;

        public Run(int seed)
        {
            _random = new Random(seed);
            Open();
        }

        public int Hits { get; private set; }

        private TenantInvalidations Tenant => _table.Of(null);

        public async Task StepAsync(int step)
        {
            // What is being written counts too; heads come on top.
            Assert.InRange(_disk.Bytes, 0, SizeBytes + 100_000);
            var key = _random.Next(Keys);
            if (_coming.Count > 0 && _random.Next(8) == 0) await FinishNextAsync();
            switch (_random.Next(100))
            {
                case < 40:
                    await FindAsync(key, step);
                    break;
                case < 70:
                    await StoreAsync(key);
                    break;
                case < 75:
                    await ConfirmAsync(key);
                    break;
                case < 80:
                    using (var ticket = Tenant.BeginFill())
                    {
                        var (answer, _) = Answer(key, ticket);
                        _disk.Removed(KeyOf(key), answer);
                        answer.LetGo();
                    }

                    _may[key] = [];
                    break;
                case < 85:
                    Purge();
                    break;
                case < 95:
                    _disk.Sweep();
                    break;
                case < 98:
                    await _disk.SettleAsync(Cancellation);
                    break;
                case 98:
                    GiveUp();
                    await _disk.DisposeAsync();
                    Open();
                    break;
                default:
                    await CrashAsync();
                    break;
            }
        }

        public async Task EmptyAsync()
        {
            GiveUp();
            await _disk.SettleAsync(Cancellation);
            Apply(Selector.All);
            for (var round = 0; round < 10; round++) _disk.Sweep();
            await _disk.SettleAsync(Cancellation);
            Assert.Equal((0, 0L, 0), (_disk.Count, _disk.Bytes, Tenant.Count));
            Assert.Empty(Directory.GetFiles(Path.Combine(_folders[^1].Path, "objects"), "*", SearchOption.AllDirectories));
        }

        public async ValueTask DisposeAsync()
        {
            GiveUp();
            await _disk.DisposeAsync();
            _metrics.Dispose();
            foreach (var folder in _folders) folder.Dispose();
        }

        private async Task FindAsync(int key, int step)
        {
            var bytes = KeyOf(key).ToBytes();
            var loaded = await _disk.LoadAsync(DiskFolder.HashOf(bytes), bytes, new CacheSettings(), bodyBytesInMemory: 1_000);
            if (loaded.Find(static answer => answer.Check() != Standing.Gone) is { } newest)
            {
                Hits++;
                var body = await BodyAsync(newest);
                var versions = _may.GetValueOrDefault(key, []).FindAll(version => version.Body.AsSpan().SequenceEqual(body));
                Assert.True(versions.Count > 0, $"step {step}: what came back was replaced before");
                Assert.False(versions.TrueForAll(IsInvalidated), $"step {step}: what came back was invalidated");
            }

            foreach (var answer in loaded) answer.LetGo();
        }

        private static async Task<byte[]> BodyAsync(CachedAnswer answer)
        {
            if (answer.BodyOnDisk is not { } onDisk) return answer.Body;
            using var reading = await onDisk.TryOpenAsync(0, onDisk.Length, Cancellation);
            using var body = new MemoryStream();
            while (await reading!.NextAsync(Cancellation) is { IsEmpty: false } piece) body.Write(piece.Span);
            return body.ToArray();
        }

        private async Task StoreAsync(int key)
        {
            var ticket = Tenant.BeginFill();
            if (_random.Next(12) == 0) Purge();
            var (answer, version) = Answer(key, ticket);
            if (_random.Next(12) == 0) Purge();
            if (version.Body.Length <= 1_000)
            {
                answer.WithBody(version.Body);
                _disk.Replaced(KeyOf(key), answer);
                _disk.Evicted(KeyOf(key), CachedResource.With(null, answer, 1), asks: 2);
                Stored(answer, version);
                ticket.Dispose();
                return;
            }

            var coming = new Coming(answer, version, ticket, _disk.TryBegin(KeyOf(key), answer)!);
            if (!await coming.Fill.TryAppendAsync(version.Body, TimeProvider.System)) coming.Dispose();
            else if (_random.Next(3) == 0) _coming.Add(coming);
            else await FinishAsync(coming);
        }

        /// <summary>The last byte of a large answer has come.</summary>
        private async Task FinishAsync(Coming coming)
        {
            using (coming)
            {
                var (key, answer) = (KeyOf(coming.Version.Key), coming.Answer);
                if (await coming.Fill.FinishAsync(answer) is { } body) _disk.Replaced(key, answer.WithBody(body));
                else _disk.Removed(key, answer);
                Stored(answer, coming.Version);
            }
        }

        private void Stored(CachedAnswer answer, Version version)
        {
            answer.LetGo();
            _may[version.Key] = [version];
            _ever.Add(version);
        }

        /// <summary>The origin says that a large answer holds still: with other tags, and a head that may be too large for where the old one stands.</summary>
        private async Task ConfirmAsync(int key)
        {
            var bytes = KeyOf(key).ToBytes();
            var loaded = await _disk.LoadAsync(DiskFolder.HashOf(bytes), bytes, new CacheSettings(), bodyBytesInMemory: 1_000);
            if (loaded.Find(static answer => answer.BodyOnDisk is not null && answer.Check() == Standing.Valid) is { } stored)
            {
                using var ticket = Tenant.BeginFill();
                var (answer, version) = Answer(key, ticket, await BodyAsync(stored), headBytes: _random.Next(6_000));
                _disk.Replaced(KeyOf(key), answer.WithBody(stored.BodyOnDisk!));
                Stored(answer, version);
            }

            foreach (var answer in loaded) answer.LetGo();
        }

        private (CachedAnswer Answer, Version Version) Answer(int key, FillTicket ticket, byte[]? confirmed = null, int headBytes = 0)
        {
            var head = StoredHead.Restore(200, [new("Cache-Control", "max-age=3600"), new("ETag", "\"1\""), new("X-Filler", new string('x', headBytes))], []);
            var directives = AnswerTerms.DirectivesOf(head, out var isTargeted);
            var (settings, now) = (new CacheSettings(), TimeProvider.System.GetTimestamp());
            var terms = AnswerTerms.Of(head, directives, isTargeted, settings, new AnswerTimes(now, now, TimeProvider.System.GetUtcNow()), TimeProvider.System);
            Selector[] tags = [Selector.OfTag($"t{_random.Next(8)}")!.Value, Selector.OfTag($"t{_random.Next(8)}")!.Value];
            var cells = Tenant.Intern(ticket, "shop.example", $"shop.example/{key % 4}/{key}", tags.Distinct());
            var body = confirmed ?? new byte[_random.Next(2) == 0 ? 100 : _random.Next(1_001, 200_000)];
            if (confirmed is null) _random.NextBytes(body);
            var answer = new CachedAnswer(head, terms, VaryTerms.Restore([], [], null), Tenant, cells, ticket.Seq);
            return (answer, new Version(key, body, ticket.Seq, [.. cells.Cells.ToArray().Select(static cell => cell.Selector)], cells.Url));
        }

        private void Purge() => Apply(_random.Next(20) switch
        {
            < 10 => Selector.OfTag($"t{_random.Next(8)}")!.Value,
            < 15 => Selector.OfUrl($"shop.example/{_random.Next(4)}/{_random.Next(Keys)}")!.Value,
            < 18 => Selector.OfPrefix($"shop.example/{_random.Next(4)}/")!.Value,
            18 => Selector.OfHost("shop.example")!.Value,
            _ => Selector.All,
        });

        private void Apply(Selector selector)
        {
            _log.Add(new NumberedInvalidation(null, _log.Count + 1, [selector], InvalidationMode.Hard));
            Assert.True(Tenant.Apply(_log[^1]));
        }

        private bool IsInvalidated(Version version) => _log.Skip((int)version.Seq).SelectMany(static one => one.Selectors).Any(selector =>
            selector.Kind == SelectorKind.All || version.Selectors.Contains(selector) || (selector.Kind == SelectorKind.Prefix && version.Url.StartsWith(selector.Value, StringComparison.Ordinal)));

        private async Task FinishNextAsync()
        {
            var coming = _coming[_random.Next(_coming.Count)];
            _coming.Remove(coming);
            await FinishAsync(coming);
        }

        private void GiveUp()
        {
            foreach (var coming in _coming) coming.Dispose();
            _coming.Clear();
        }

        /// <summary>As if the process were killed: what stands in the folder at this moment is all that is left, half-written files and some that were to be deleted among it.</summary>
        private async Task CrashAsync()
        {
            var after = new StateFolder();
            Copy(_folders[^1].Path, after.Path);
            GiveUp();
            await _disk.DisposeAsync();
            _folders.Add(after);
            foreach (var key in Enumerable.Range(0, Keys)) _may[key] = [.. _ever.Where(version => version.Key == key)];
            Open();
        }

        private static void Copy(string from, string to)
        {
            foreach (var path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).ToList())
            {
                var target = Path.Combine(to, Path.GetRelativePath(from, path));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                try
                {
                    if (Path.GetFileName(path) != "lock") File.Copy(path, target);
                }
                catch (FileNotFoundException)
                {
                    // It got its name, or lost it, just now.
                }
            }
        }

        private void Open()
        {
            _table = new InvalidationTable();
            var settings = new CacheDiskSettings { Path = _folders[^1].Path, Size = new ByteSize(SizeBytes) };
            _disk = new DiskCache(settings, "/", _table, new DiskMetrics(_metrics), new Random(_random.Next()), TimeProvider.System, NullLogger<DiskCache>.Instance);
            _disk.Open(_log.Count == 0 ? [] : [new RestoredInvalidations(null, _log.Count, Tenant.Restore(_log.Count, [.. _log.TakeLast(LogKept)]))]);
        }

        private static CacheKey KeyOf(int key) =>
            CacheKey.Of(CacheScope.Public, null, new CacheAddress("http", "shop.example", $"/{key % 4}/{key}", "origin", null, $"/{key % 4}/{key}"));
    }

    /// <summary>A large answer that is being written.</summary>
    private sealed record Coming(CachedAnswer Answer, Version Version, FillTicket Ticket, DiskFill Fill) : IDisposable
    {
        public void Dispose()
        {
            Fill.Dispose();
            Answer.LetGo();
            Ticket.Dispose();
        }
    }

    private sealed record Version(int Key, byte[] Body, long Seq, Selector[] Selectors, string Url);
}
