using OrleansGateway.Caching.Terms;
using OrleansGateway.Configuration;
using OrleansGateway.Forwarding;
using OrleansGateway.Http;

namespace OrleansGateway.Caching;

/// <summary>A request that is not answered from the store.</summary>
/// <param name="Key">Under what an answer would be stored.</param>
/// <param name="Settings">The route's.</param>
/// <param name="Terms">What the request says about caching.</param>
/// <param name="Stored">What is stored and must be confirmed; none if nothing is.</param>
/// <param name="Partial">The beginning of what is asked for; none if it is not stored.</param>
/// <param name="Variant">What the request says of what the origin is known to vary by.</param>
internal sealed record CacheMiss(CacheKey Key, CacheSettings Settings, RequestTerms Terms, CachedAnswer? Stored, CachedAnswer? Partial, string Variant)
{
    /// <summary>Whether what is stored cannot be trusted now, so that nothing but the origin's own word counts.</summary>
    public bool IsSuspect { get; init; }

    /// <summary>Why the origin is asked, as RFC 9211 §2.2 says it.</summary>
    public string Why => IsSuspect ? Stored is null ? "bypass" : "stale" : Stored is null ? Partial is not null ? "partial" : Variant.Length > 0 ? "vary-miss" : "uri-miss" : Terms.WantsNew ? "request" : "stale";
}

/// <summary>Fetches from the origin for a client, or waits for the fetch that another has begun.</summary>
internal sealed class CacheFetch(AnswerCache cache, TimeProvider time)
{
    /// <summary>Answers a request that is not answered from the store.</summary>
    public async ValueTask FetchAsync(Exchange exchange, CacheMiss miss)
    {
        if (SharedKey(exchange, miss) is { } key)
        {
            var (fill, isNew) = cache.JoinOrAdd(
                key, cache.InvalidationsOf(exchange, miss.Settings), (Fetch: this, exchange, miss), static (of, shared) => of.Fetch.OrderOf(of.exchange, of.miss, shared, isBackground: false));
            if (isNew)
            {
                await LeadAsync(exchange, miss, fill);
                return;
            }

            // If what it brought is for one request only, each asks for itself from here on.
            if (await TryFollowAsync(exchange, miss, fill)) return;
        }

        await LeadAsync(exchange, miss, cache.Add(OrderOf(exchange, miss, shared: null, isBackground: false)));
    }

    /// <summary>Fetches a new answer in the background, unless somebody does.</summary>
    public void Refresh(Exchange exchange, in CacheKey key, CachedAnswer stored, CacheSettings settings)
    {
        if (!stored.TryBeginRefresh()) return;
        cache.Begin(cache.Add(OrderOf(exchange, new CacheMiss(key, settings, RequestTerms.Of(new HeaderDictionary(), settings), stored, null, ""), shared: null, isBackground: true)));
    }

    /// <summary>Under what others may wait for the same; none if nobody should.</summary>
    private FillKey? SharedKey(Exchange exchange, CacheMiss miss)
    {
        var request = exchange.Http.Request;
        // Who comes after a purge that has not been heard of must not get what was asked for before it.
        if (!HttpMethods.IsGet(request.Method) || miss.Terms.WantsNew || miss.IsSuspect || !cache.PredictorOf(exchange.Route!).MayBeStored(miss.Key.Target) || cache.Uncacheable.Has(miss.Key)) return null;
        var range = request.Headers.Range;
        return new FillKey(miss.Key, range.Count == 0 || miss.Stored is not null ? miss.Variant : $"{miss.Variant}range:{range}\n{request.Headers.IfRange}");
    }

    private async ValueTask LeadAsync(Exchange exchange, CacheMiss miss, Fill fill)
    {
        var interim = InterimAnswers.For(exchange) is { } tell ? new LeaderInterim(tell) : null;
        if (interim is not null) fill.Order.Request.Interim = interim.TellAsync;
        cache.Begin(fill);
        var isGone = false;
        try
        {
            FillResult result;
            try
            {
                result = await fill.Head.WaitAsync(exchange.Aborted);
            }
            finally
            {
                if (interim is not null) await interim.EndAsync();
                exchange.Forward = fill.Facts;
            }

            if (result.Kind == FillKind.Live) await PassOnAsync(exchange, miss, fill, result);
            else if (!await GiveAsync(exchange, miss, result, isFollower: false)) isGone = result.Answer?.BodyOnDisk is not null;
        }
        catch (OperationCanceledException) when (exchange.Aborted.IsCancellationRequested)
        {
            fill.Facts.Outcome = cache.Origin.Readiness.IsCuttingOff ? CallOutcome.GatewayStopped : CallOutcome.ClientAborted;
            throw;
        }
        finally
        {
            fill.LeaderLeaves();
            await fill.LeaveAsync();
        }

        // What was confirmed is on disk no more, or damaged.
        if (isGone) await FetchAsync(exchange, miss with { Stored = null, Partial = null });
    }

    /// <summary>Whether the answer that another has asked for was for this request too.</summary>
    private async ValueTask<bool> TryFollowAsync(Exchange exchange, CacheMiss miss, Fill fill)
    {
        try
        {
            var result = await fill.Head.WaitAsync(exchange.Aborted);
            if (result.Kind == FillKind.Live || result.IsForOne) return false;
            if (result.Answer is { } answer && !answer.Vary.Matches(exchange, SentFields.Of)) return false;
            return await GiveAsync(exchange, miss, result, isFollower: true);
        }
        finally
        {
            await fill.LeaveAsync();
        }
    }

    /// <summary>Gives what a fill has brought; false if a follower came too late for that.</summary>
    private async ValueTask<bool> GiveAsync(Exchange exchange, CacheMiss miss, FillResult result, bool isFollower)
    {
        var use = isFollower ? CacheUse.Collapsed : result.Kind == FillKind.Stored ? CacheUse.Revalidated : result.Kind == FillKind.Stale ? CacheUse.Stale : CacheUse.Miss;
        if (result.Kind == FillKind.Refused)
        {
            Note(exchange, miss, use);
            CacheStatusText.Append(exchange.Http.Response.Headers, CacheStatusText.Forwarded(miss.Why, 0, isStored: false, isFollower, null, null));
            exchange.Refuse(result.Refusal!);
            return true;
        }

        var answer = result.Answer!;
        var age = answer.Terms.Age(time, time.GetTimestamp());
        var ttl = (long)Math.Floor((answer.Terms.Lifetime - age).TotalSeconds);
        if (result.Kind != FillKind.Coming)
        {
            var status = CacheStatusText.Forwarded(miss.Why, result.Status, result is { Kind: FillKind.Stored, Detail: null }, isFollower, ttl, result.Kind == FillKind.Stale ? "stale-if-error" : result.Detail);
            Note(exchange, miss, use);
            if (answer.BodyOnDisk is null)
            {
                await Serving.WriteAsync(exchange, answer, age, status, time);
            }
            else
            {
                // Whoever led comes here where the origin's answer came in, and a read of the disk waits.
                await SocketThreads.Leave();
                if (!await Serving.TryWriteFromDiskAsync(exchange, answer, age, status, time))
                {
                    cache.Remove(miss.Key, answer);
                    return false;
                }
            }

            Completed(exchange);
            var bytes = Serving.BodyBytes(exchange);
            cache.Metrics.Served(exchange.Route!.Id, bytes);
            cache.Figures.Of(exchange).GaveStored(bytes);
            return true;
        }

        using var reader = (isFollower ? null : result.Body!.TakeReserved()) ?? result.Body!.TryRead();
        if (reader is null) return false;
        Note(exchange, miss, use);
        await CopyAsync(exchange, answer, reader, age, CacheStatusText.Forwarded(miss.Why, result.Status, isStored: true, isFollower, ttl, null), isFollower);
        return true;
    }

    /// <summary>Passes the body on as it comes. If it breaks off, so does the client's: it must not look whole.</summary>
    private async ValueTask CopyAsync(Exchange exchange, CachedAnswer answer, FillReader reader, TimeSpan age, string status, bool isFollower)
    {
        var response = exchange.Http.Response;
        if (Serving.TryNotModified(exchange, answer, age, status, time)) return;
        Serving.WriteHead(exchange, answer.Head, age, status);
        if (answer.Head.Status != StatusCodes.Status204NoContent) response.ContentLength = answer.Length;
        var bytes = 0L;
        try
        {
            var isFirst = true;
            while (true)
            {
                var reading = reader.NextAsync(exchange.Aborted);
                // The head is not held back until there is a body.
                if (isFirst && !reading.IsCompleted) await response.BodyWriter.FlushAsync(exchange.Aborted);
                isFirst = false;
                var piece = await reading;
                if (piece.IsEmpty) break;
                var flushed = await response.BodyWriter.WriteAsync(piece, exchange.Aborted);
                // The first bytes for all who wait come before the end of any.
                if (isFollower && bytes == 0) await PoolQueue.GoBehind();
                if (flushed.IsCompleted) exchange.Aborted.ThrowIfCancellationRequested();
                bytes += piece.Length;
                reader.Took(piece.Length);
            }

            Completed(exchange);
        }
        catch (IOException) when (!exchange.Aborted.IsCancellationRequested)
        {
            if (exchange.Forward is { } facts) facts.Outcome = CallOutcome.UpstreamCut;
            exchange.Http.Abort();
        }
        finally
        {
            if (isFollower)
            {
                cache.Metrics.Served(exchange.Route!.Id, bytes);
                cache.Figures.Of(exchange).GaveShared(bytes);
            }
        }
    }

    private async ValueTask PassOnAsync(Exchange exchange, CacheMiss miss, Fill fill, FillResult result)
    {
        var live = fill.TakeLive();
        if (live is null)
        {
            exchange.Aborted.ThrowIfCancellationRequested();
            return;
        }

        Note(exchange, miss, CacheUse.Miss);
        try
        {
            await live.PassOnAsync(exchange, new LiveWatch(exchange, CacheStatusText.Forwarded(miss.Why, result.Status, isStored: false, isCollapsed: false, null, result.Detail)));
        }
        finally
        {
            await live.DisposeAsync();
        }
    }

    private FillOrder OrderOf(Exchange exchange, CacheMiss miss, FillKey? shared, bool isBackground)
    {
        var request = OriginRequest.Of(exchange);
        var (stored, tenant, partial) = (miss.Stored, cache.InvalidationsOf(exchange, miss.Settings), (CachedAnswer?)null);
        // What its client wants of caches is not meant for what is fetched for others.
        if (isBackground) foreach (var name in (string[])["Cache-Control", "Pragma", "Range"]) request.Set(name, null);
        var validates = stored is { Terms.HasValidator: true, Part: null };
        if (validates)
        {
            foreach (var name in Conditions.Names) request.Set(name, null);
            request.Set("Range", null);
            request.Set("If-None-Match", stored!.Terms.EntityTag);
            request.Set("If-Modified-Since", stored.Terms.ModifiedText);
        }
        else if (isBackground || (!cache.Uncacheable.Has(miss.Key) && request.Method == HttpMethods.Get))
        {
            // What comes is to be whole, and whether the client has it is then ours to say.
            request.Set("If-None-Match", null);
            request.Set("If-Modified-Since", null);
            if (exchange.Http.Request.Headers.Range.Count == 0) partial = miss.Partial;
        }

        if (partial is not null)
        {
            request.Set("Range", string.Create(CultureInfo.InvariantCulture, $"bytes={partial.Part!.Value.To + 1}-"));
            request.Set("If-Range", partial.Terms.EntityTag is { } tag && tag.StartsWith('"') ? tag : null);
        }

        return new FillOrder(miss.Key, exchange.Route!, request, tenant)
        {
            Shared = shared,
            Stored = partial ?? stored,
            Completes = partial is not null,
            Validates = validates,
            RouteTags = exchange.Route!.CacheTags(exchange.Target.RawPath),
            Terms = miss.Terms with { IsAuthorized = request.Fields.Exists(static field => field.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase)) },
            IsBackground = isBackground,
            IsSuspect = miss.IsSuspect,
        };
    }

    private void Note(Exchange exchange, CacheMiss miss, CacheUse use)
    {
        exchange.Cache = use;
        cache.Metrics.Asked(exchange.Route!.Id, use);
        var tally = cache.Figures.Of(exchange);
        tally.Asked(use);
        tally.Keys.Miss(miss.Key);
    }

    private static void Completed(Exchange exchange)
    {
        if (exchange.Forward is { } facts) facts.Outcome = CallOutcome.Completed;
    }
}
