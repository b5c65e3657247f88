using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using OrleansGateway.Tests.Caching.Consistency;

namespace OrleansGateway.Cluster.Tests.Faults;

/// <summary>
/// Clients at every edge that do not stop: calls and streams with money to spare, calls whose budget runs out, streams of a tenant with few slots, reads of cached pages, purges by
/// way of one edge after another, and messages that pages have changed.
/// </summary>
/// <param name="fleet">What is called.</param>
/// <param name="upstream">What stands behind it.</param>
/// <param name="messages">Where pages are said to have changed.</param>
/// <param name="judge">Told of what was acknowledged and read.</param>
/// <param name="round">Whose tenants call.</param>
internal sealed class ClusterLoad(Fleet fleet, BilledUpstream upstream, ClusterMessages messages, ConsistencyJudge judge, TenantsOfRound round) : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentDictionary<string, int> _answers = new();
    private readonly ConcurrentQueue<string> _noticed = new();
    private readonly ConcurrentQueue<string> _toldToWait = new();
    private Task[] _clients = [];
    private volatile bool _isStrict;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Whether nobody may notice what goes on: each refusal of one who has enough is written down.</summary>
    public bool IsStrict
    {
        get => _isStrict;
        set => _isStrict = value;
    }

    /// <summary>What clients noticed while nobody was to, and faults at any time.</summary>
    public IReadOnlyCollection<string> Noticed => _noticed;

    /// <summary>When, what and where was refused with 503 while nobody was to notice.</summary>
    public IReadOnlyCollection<string> ToldToWait => _toldToWait;

    /// <summary>How many answers there were of which kind.</summary>
    public string Summary => string.Join(", ", _answers.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key} {a.Value}"));

    public int Count(string kind) => _answers.GetValueOrDefault(kind);

    public void Start() => _clients =
    [
        .. Enumerable.Range(0, Fleet.Edges).SelectMany(edge => new[]
        {
            Task.Run(() => CallAsync(edge, round.Rich, isStream: false)),
            Task.Run(() => CallAsync(edge, round.Rich, isStream: true)),
            Task.Run(() => CallAsync(edge, round.Small, isStream: false)),
            Task.Run(() => CallAsync(edge, round.Slots, isStream: true)),
            Task.Run(() => CallAsync(edge, round.Slots, isStream: true)),
            Task.Run(() => ReadAsync(edge)),
        }),
        Task.Run(PurgeAsync),
        Task.Run(PublishAsync),
    ];

    public async Task StopAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public void Dispose() => _over.Dispose();

    /// <summary>One call, its status; none if the connection broke.</summary>
    public static async Task<HttpStatusCode?> CallOnceAsync(ClusterGateway edge, string tenant, bool isStream)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Headers.Authorization = KeyOf(tenant);
        var words = isStream ? BilledUpstream.StreamTokens : BilledUpstream.WholeTokens;
        var messages = new[] { new { role = "user", content = $"This is a call of {tenant}" } };
        request.Content = JsonContent.Create(new { model = "m", max_tokens = words, stream = isStream, messages });
        try
        {
            using var response = await edge.Client.SendAsync(request, HttpCompletionOption.ResponseContentRead, Cancel);
            var text = await response.Content.ReadAsStringAsync(Cancel);
            if (response.StatusCode != HttpStatusCode.OK || !isStream || text.Contains("[DONE]", StringComparison.Ordinal)) return response.StatusCode;
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or ObjectDisposedException)
        {
            // The edge was killed.
        }

        return null;
    }

    /// <summary>One read of a page, which the judge is told of; its status, or none if the connection broke.</summary>
    public async Task<HttpStatusCode?> ReadOnceAsync(int edge, int page)
    {
        var floor = judge.Floor(page);
        try
        {
            // By one name, as clients of a cluster do: what one edge stores the others may find.
            using var request = new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/pages/{page}")) { Headers = { Host = "pages.example" } };
            request.Headers.Authorization = KeyOf(TenantsOfRound.Reader);
            using var response = await fleet.Edge(edge).Client.SendAsync(request, Cancel);
            var text = await response.Content.ReadAsStringAsync(Cancel);
            if (response.StatusCode == HttpStatusCode.OK) judge.Seen(page, floor, int.Parse(text, CultureInfo.InvariantCulture), $"edge {edge}");
            return response.StatusCode;
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or ObjectDisposedException)
        {
            // The edge was killed.
            return null;
        }
    }

    private async Task CallAsync(int edge, string tenant, bool isStream)
    {
        var kind = (isStream ? "stream/" : "call/") + tenant.Split('-')[0];
        while (!_over.IsCancellationRequested)
        {
            var wasStrict = _isStrict;
            var status = await CallOnceAsync(fleet.Edge(edge), tenant, isStream);
            var mayBeFull = status == HttpStatusCode.TooManyRequests && tenant != round.Rich;
            Note(kind, status, wasStrict && !mayBeFull, edge);
            await PauseAsync();
        }
    }

    private async Task ReadAsync(int edge)
    {
        while (!_over.IsCancellationRequested)
        {
            var (page, wasStrict) = (Random.Shared.Next(BilledUpstream.Pages), _isStrict);
            Note("read", await ReadOnceAsync(edge, page), wasStrict, edge);
            await PauseAsync();
        }
    }

    private async Task PurgeAsync()
    {
        for (var n = 0; !_over.IsCancellationRequested; n++)
        {
            var page = n % BilledUpstream.PurgedPages;
            var version = upstream.Change(page);
            HttpStatusCode? status = null;
            try
            {
                var purge = new { tenant = TenantsOfRound.Reader, tags = new[] { BilledUpstream.TagOf(page) } };
                using var response = await fleet.Edge(n % Fleet.Edges).Admin.PostAsJsonAsync("/admin/v1/purge", purge, Cancel);
                status = response.StatusCode;
                if (response.IsSuccessStatusCode) judge.Acknowledge(page, version);
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or ObjectDisposedException)
            {
                // The edge was killed: nothing was promised.
            }

            // A purge is an operator's, who asks again; that it waits for another hub is stated.
            Note("purge", status, isNoticed: false);
            await PauseAsync();
        }
    }

    private async Task PublishAsync()
    {
        for (var n = 0; !_over.IsCancellationRequested; n++)
        {
            var page = BilledUpstream.PurgedPages + n % (BilledUpstream.Pages - BilledUpstream.PurgedPages);
            await messages.PublishAsync(page, upstream.Change(page));
            Note("message", HttpStatusCode.OK, isNoticed: false);
            await PauseAsync();
        }
    }

    private void Note(string kind, HttpStatusCode? status, bool isNoticed, int? edge = null)
    {
        var answer = string.Create(CultureInfo.InvariantCulture, $"{kind} {(status is { } known ? (int)known : 0)}");
        _answers.AddOrUpdate(answer, 1, static (_, count) => count + 1);
        if (isNoticed && _isStrict && status == HttpStatusCode.ServiceUnavailable) _toldToWait.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {kind} at edge {edge}"));
        // A fault of the gateway's own is never right, whatever befalls it.
        else if ((isNoticed && _isStrict && status != HttpStatusCode.OK) || status == HttpStatusCode.InternalServerError) _noticed.Enqueue(answer);
    }

    private static AuthenticationHeaderValue KeyOf(string tenant) => new("Bearer", TenantsOfRound.KeyOf(tenant));

    // So that two cores are enough for all of them.
    private static Task PauseAsync() => Task.Delay(Random.Shared.Next(30, 120), Cancel);
}
