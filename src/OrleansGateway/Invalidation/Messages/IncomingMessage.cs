using System.Text.Json;

namespace OrleansGateway.Invalidation.Messages;

/// <summary>A message in the one form that rules look at, whatever form it came in.</summary>
internal sealed record IncomingMessage
{
    /// <summary>Why it cannot be read; nothing else is set then.</summary>
    public Rejection? Rejected { get; init; }

    /// <summary>Why it invalidates nothing; nothing else is set then.</summary>
    public string? Nothing { get; init; }

    /// <summary>Types that rules may name.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Names the event.</summary>
    public string? Id { get; init; }

    public DateTimeOffset? At { get; init; }

    /// <summary>The organisation that it names.</summary>
    public string? Tenant { get; init; }

    /// <summary>What stands around what it carries, by the names that templates know.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();

    /// <summary>What it carries: one document, or a row as it was and as it is.</summary>
    public IReadOnlyList<JsonElement> Carried { get; init; } = [];

    /// <summary>What it says by itself that is to be invalidated; none if that is left to rules, or to what it carries.</summary>
    public IReadOnlyList<Selector>? Selectors { get; init; }

    public InvalidationMode? Mode { get; init; }

    /// <summary>Whether rules do not count, because what has happened is beyond them.</summary>
    public bool IsBeyondRules { get; init; }

    public static IncomingMessage Refuse(Rejection rejection) => new() { Rejected = rejection };

    public static IncomingMessage Nil(string reason) => new() { Nothing = reason };
}
