using OrleansGateway.Configuration;

namespace OrleansGateway.Upstream.Pools;

/// <summary>
/// What is known of a target: failures in a row and the ejections that came of them, and the health checks. Knows no clock. Time is that since some fixed
/// moment and never goes back.
/// </summary>
internal struct TargetHealth
{
    private bool _onTrial;
    private TimeSpan _returnedAt;
    private TimeSpan _lastOutFor;
    private int _checksInRow;

    /// <summary>Failures in a row since the last success or ejection.</summary>
    public int Failures { get; private set; }

    /// <summary>Ejections in a row: each doubles the time of the next.</summary>
    public int Ejections { get; private set; }

    /// <summary>Whether it is left out because requests failed.</summary>
    public bool Ejected { get; private set; }

    /// <summary>When that ends.</summary>
    public TimeSpan EjectedUntil { get; private set; }

    /// <summary>Whether it is left out because health checks failed.</summary>
    public bool Unhealthy { get; private set; }

    /// <summary>Whether a success would change nothing, as for nearly every target at nearly every moment.</summary>
    public readonly bool IsClean => Failures == 0 && Ejections == 0;

    /// <summary>
    /// Notes what became of an attempt; true if the target is to be left out from now on. One that has just come back is on trial: its first failure ejects it
    /// again. Attempts that were in flight when it was ejected say nothing new.
    /// </summary>
    public bool Note(bool good, EjectionSettings settings, TimeSpan now)
    {
        if (Ejected) return false;
        if (good)
        {
            Failures = 0;
            _onTrial = false;
            // Forgotten once it has done well for as long as it was out: one that fails every minute shall not begin anew each time.
            if (now - _returnedAt >= _lastOutFor) Ejections = 0;
            return false;
        }

        Failures++;
        if (settings.ConsecutiveFailures == 0 || Failures < settings.ConsecutiveFailures && !_onTrial) return false;
        Eject(settings, now);
        return true;
    }

    /// <summary>Ends the ejection, if there is one and its time is over.</summary>
    public bool TryReturn(TimeSpan now)
    {
        if (!Ejected || now < EjectedUntil) return false;
        (Ejected, _onTrial, _returnedAt) = (false, true, now);
        return true;
    }

    /// <summary>Notes a health check; true if it changed whether the target is left out.</summary>
    public bool NoteCheck(bool good, HealthCheckSettings settings)
    {
        // Only answers that speak against how it counts now make a row.
        if (good != Unhealthy)
        {
            _checksInRow = 0;
            return false;
        }

        if (++_checksInRow < (good ? settings.HealthyAfter : settings.UnhealthyAfter)) return false;
        (_checksInRow, Unhealthy) = (0, !good);
        return true;
    }

    /// <summary>Forgets the health checks, because there are none any more; true if that brings it back.</summary>
    public bool ForgetChecks()
    {
        var was = Unhealthy;
        (_checksInRow, Unhealthy) = (0, false);
        return was;
    }

    private void Eject(EjectionSettings settings, TimeSpan now)
    {
        // A second doubled 20 times is beyond the longest duration; an hour doubled much more often would overflow.
        var doubled = settings.Duration * (1L << Math.Min(Ejections, 20));
        _lastOutFor = doubled < settings.DurationMax ? doubled : settings.DurationMax;
        (Ejected, EjectedUntil, _onTrial, Failures) = (true, now + _lastOutFor, false, 0);
        Ejections++;
    }
}
