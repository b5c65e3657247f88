namespace OrleansGateway.Upstream.Pools;

/// <summary>What became of one attempt at a target.</summary>
internal enum AttemptResult
{
    /// <summary>It answered, whole, and not with one of the statuses below.</summary>
    Answered,

    /// <summary>It answered 502, 503 or 504.</summary>
    ServerFailure,

    /// <summary>No connection came about.</summary>
    ConnectFailed,

    /// <summary>The connection broke, or what came was not valid.</summary>
    Broken,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>The client went, or we gave it up ourselves: says nothing of the target.</summary>
    Cancelled,
}

/// <summary>The results as metrics and logs name them.</summary>
internal static class AttemptResults
{
    public static readonly string[] Failures =
        [Word(AttemptResult.ServerFailure), Word(AttemptResult.ConnectFailed), Word(AttemptResult.Broken), Word(AttemptResult.TimedOut)];

    public static string Word(this AttemptResult result) => result switch
    {
        AttemptResult.Answered => "answered",
        AttemptResult.ServerFailure => "server_failure",
        AttemptResult.ConnectFailed => "connect_failed",
        AttemptResult.Broken => "broken",
        AttemptResult.TimedOut => "timed_out",
        _ => "cancelled",
    };
}
