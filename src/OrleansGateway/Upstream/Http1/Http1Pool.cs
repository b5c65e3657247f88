using System.Runtime.CompilerServices;

namespace OrleansGateway.Upstream.Http1;

/// <summary>How long and how many connections are kept.</summary>
internal sealed record Http1PoolLimits
{
    /// <summary>Idle connections kept per address. Default 1,024; more than are idle at once are never needed, and each costs 8 KiB.</summary>
    public int IdleMax { get; init; } = 1024;

    /// <summary>How long a connection may wait for its next request. Default 60 s, below the 75 s of nginx: better to close first than to meet the peer's close.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a connection is used. Default 10 min: providers move behind their names.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>The connections to one host and port. The one used last is used next, so that those not needed grow old and go.</summary>
/// <param name="hostField">How requests name the host.</param>
/// <param name="connect">Opens a connection within the time.</param>
/// <param name="limits">How long and how many are kept.</param>
/// <param name="time">The clock.</param>
internal sealed class Http1Pool(string hostField, Func<TimeSpan, CancellationToken, ValueTask<Http1Wire>> connect, Http1PoolLimits limits, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<Idle> _idle = [];
    private long _askedAt = time.GetTimestamp();
    private int _openCount;
    private bool _isClosed;

    /// <summary>How requests name the host.</summary>
    public string HostField => hostField;

    /// <summary>Connections open or being opened, idle or not.</summary>
    public int OpenCount => Volatile.Read(ref _openCount);

    public int IdleCount
    {
        get
        {
            lock (_lock) return _idle.Count;
        }
    }

    /// <summary>An idle connection that is fit for a request; none if there is none.</summary>
    private async ValueTask<Http1Connection?> TakeAsync()
    {
        while (TakeLast() is { } idle)
        {
            if (!IsOld(idle.Connection) && await IsFitAsync(idle)) return idle.Connection;
            idle.Connection.Close();
        }

        return null;
    }

    private async ValueTask<Http1Connection> OpenAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        var startedAt = _askedAt = time.GetTimestamp();
        var connectionsMax = request.Access.ConnectionsMax;
        try
        {
            if (Interlocked.Increment(ref _openCount) > connectionsMax) throw Http1Fault.NoneFree(connectionsMax);
            return new Http1Connection(await connect(request.ConnectTimeout, cancellation), time, Leave);
        }
        catch
        {
            Leave();
            throw;
        }
        finally
        {
            request.Connected = time.GetElapsedTime(startedAt);
        }
    }

    private void Leave() => Interlocked.Decrement(ref _openCount);

    /// <summary>Sends a request over an idle connection or a new one. The only one that is sent a second time is one that the first peer cannot have acted on.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        using var message = Http1Request.Write(request, hostField);
        cancellation.ThrowIfCancellationRequested();
        if (await TakeAsync() is { } used && await used.ExchangeAsync(request, message, cancellation)) return new Http1Response(this, used, message.IsHead);
        var opened = await OpenAsync(request, cancellation);
        await opened.ExchangeAsync(request, message, cancellation);
        return new Http1Response(this, opened, message.IsHead);
    }

    /// <summary>Takes back a connection whose answer has been read to its end.</summary>
    public void GiveBack(Http1Connection connection)
    {
        if (connection.Rest()) Keep(new Idle(connection, null));
        else connection.Close();
    }

    /// <summary>
    /// Takes back a connection whose answer is over but for the end of its framing, which servers like to send by itself. It is used again only if that has come
    /// by then.
    /// </summary>
    public void GiveBack(Http1Connection connection, ChunkedDecoder rest)
    {
        connection.AwaitEnd();
        Keep(new Idle(connection, rest));
    }

    /// <summary>Closes what is idle for too long, too old, or closed by the peer.</summary>
    public void Trim() => CloseAll(idle => time.GetElapsedTime(idle.Connection.IdleSince) >= limits.IdleTimeout || IsOld(idle.Connection) || (idle.Rest is null && idle.Connection.HasSpoken));

    /// <summary>Whether it has no connection and has not been asked for one for as long as one would last; it keeps none from then on, so that it can be let go.</summary>
    public bool CloseIfForgotten()
    {
        if (OpenCount > 0 || time.GetElapsedTime(_askedAt) < limits.Lifetime) return false;
        Close();
        return true;
    }

    /// <summary>Closes all idle connections, and from now on each that is given back.</summary>
    public void Close()
    {
        lock (_lock) _isClosed = true;
        CloseAll(static _ => true);
    }

    private void Keep(in Idle idle)
    {
        idle.Connection.IdleSince = time.GetTimestamp();
        lock (_lock)
        {
            if (!_isClosed && _idle.Count < limits.IdleMax && !IsOld(idle.Connection))
            {
                _idle.Add(idle);
                return;
            }
        }

        idle.Connection.Close();
    }

    private Idle? TakeLast()
    {
        lock (_lock)
        {
            if (_idle.Count == 0) return null;
            var last = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            return last;
        }
    }

    private void CloseAll(Predicate<Idle> which)
    {
        List<Idle> closing;
        lock (_lock)
        {
            closing = _idle.FindAll(which);
            if (closing.Count > 0) _idle.RemoveAll(closing.Contains);
        }

        foreach (var idle in closing) idle.Connection.Close();
    }

    private bool IsOld(Http1Connection connection) => time.GetElapsedTime(connection.OpenedAt) >= limits.Lifetime;

    private async ValueTask<bool> IsFitAsync(Idle idle)
    {
        if (time.GetElapsedTime(idle.Connection.IdleSince) >= limits.IdleTimeout) return false;
        if (idle.Rest is not { } rest) return !idle.Connection.HasSpoken;
        return await idle.Connection.TryTakeAheadAsync() && EndsWith(idle.Connection, rest) && idle.Connection.Rest();
    }

    private static bool EndsWith(Http1Connection connection, ChunkedDecoder rest)
    {
        try
        {
            rest.Decode(connection.Unread, default, out var consumed, out _);
            connection.Consume(consumed);
            return rest.IsAtEnd;
        }
        catch (UpstreamException)
        {
            // Its answer was whole; only the connection is lost.
            return false;
        }
    }

    /// <param name="Connection">The connection.</param>
    /// <param name="Rest">Where its last answer's framing stands, if that has not ended.</param>
    private readonly record struct Idle(Http1Connection Connection, ChunkedDecoder? Rest);
}
