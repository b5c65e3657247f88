namespace OrleansGateway.Configuration;

/// <summary>A value that must not be shown: it prints as stars, so that no log or error can carry it by accident.</summary>
public sealed class Secret(string value)
{
    /// <summary>The value itself, for the one place that needs it.</summary>
    public string Reveal() => value;

    /// <summary>Stars.</summary>
    public override string ToString() => "***";
}
