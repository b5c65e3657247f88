using System.Diagnostics;

namespace OrleansGateway.Http;

/// <summary>What became of a request that was passed on to an upstream: for the access log and spans.</summary>
internal sealed class ForwardFacts(string upstream)
{
    /// <summary>Id of the upstream.</summary>
    public string Upstream => upstream;

    /// <summary>The target that answered, or the last one tried: host and port; none if none was to be had.</summary>
    public string? Target { get; set; }

    /// <summary>Span of the attempt under way; none if it is not recorded.</summary>
    public Activity? Attempt { get; set; }

    /// <summary>How many targets were tried.</summary>
    public int Attempts { get; set; }

    /// <summary>From when on the last target alone was waited for: the request had been sent to it, as far as the client had sent it. A timestamp of the time provider.</summary>
    public long SentAt { get; set; }

    /// <summary>When the head of the answer came, as a timestamp of the time provider; 0 if none did.</summary>
    public long FirstByteAt { get; set; }

    /// <summary>Whether the last target that was tried said that it has too much to do (429, 503), or did not answer in time.</summary>
    public bool IsOverloaded { get; set; }

    /// <summary>How it ended.</summary>
    public CallOutcome Outcome { get; set; }
}
