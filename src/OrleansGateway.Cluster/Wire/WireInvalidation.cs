using OrleansGateway.Cluster.Invalidation;
using OrleansGateway.Invalidation;

namespace OrleansGateway.Cluster.Wire;

/// <summary><see cref="Selector"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.selector")]
internal readonly record struct WireSelector
{
    [Id(0)]
    public byte Kind { get; init; }

    [Id(1)]
    public string Value { get; init; }

    public static WireSelector[] Of(IReadOnlyList<Selector> selectors) => [.. selectors.Select(static s => new WireSelector { Kind = (byte)s.Kind, Value = s.Value })];

    public static IReadOnlyList<Selector> To(WireSelector[] selectors) => Array.ConvertAll(selectors, static s => new Selector((SelectorKind)s.Kind, s.Value));
}

/// <summary><see cref="NumberedInvalidation"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.invalidation")]
internal sealed record WireInvalidation
{
    [Id(0)]
    public string? Tenant { get; init; }

    [Id(1)]
    public required long Seq { get; init; }

    [Id(2)]
    public required WireSelector[] Selectors { get; init; }

    [Id(3)]
    public required byte Mode { get; init; }

    public static WireInvalidation Of(NumberedInvalidation one) => new() { Tenant = one.Tenant, Seq = one.Seq, Selectors = WireSelector.Of(one.Selectors), Mode = (byte)one.Mode };

    public NumberedInvalidation ToNumbered() => new(Tenant, Seq, WireSelector.To(Selectors), (InvalidationMode)Mode);
}

/// <summary><see cref="InvalidationRequest"/> between nodes, as far as it is kept.</summary>
[GenerateSerializer, Immutable, Alias("gateway.invalidation-request")]
internal sealed record WireInvalidationRequest
{
    [Id(0)]
    public string? Tenant { get; init; }

    [Id(1)]
    public required WireSelector[] Selectors { get; init; }

    [Id(2)]
    public required byte Mode { get; init; }

    [Id(3)]
    public string? EventId { get; init; }

    public static WireInvalidationRequest Of(InvalidationRequest request) =>
        new() { Tenant = request.Tenant, Selectors = WireSelector.Of(request.Selectors), Mode = (byte)request.Mode, EventId = request.EventId };

    public InvalidationRequest ToRequest() => new(Tenant, WireSelector.To(Selectors), (InvalidationMode)Mode, EventId, OccurredAt: null, Source: "");
}

/// <summary><see cref="InvalidationReceipt"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.invalidation-receipt")]
internal readonly record struct WireInvalidationReceipt
{
    [Id(0)]
    public long Seq { get; init; }

    [Id(1)]
    public bool IsRepeat { get; init; }

    public static WireInvalidationReceipt Of(InvalidationReceipt receipt) => new() { Seq = receipt.Seq, IsRepeat = receipt.IsRepeat };

    public InvalidationReceipt ToReceipt() => new(Seq, IsRepeat);
}

/// <summary>What an edge asks the hub.</summary>
[GenerateSerializer, Immutable, Alias("gateway.hearing")]
internal readonly record struct WireHearing
{
    /// <summary>This life of the edge.</summary>
    [Id(0)]
    public Guid Edge { get; init; }

    /// <summary>The last it has applied; none if it has not begun.</summary>
    [Id(1)]
    public long? Applied { get; init; }
}

/// <summary><see cref="HubAnswer"/> between nodes.</summary>
[GenerateSerializer, Immutable, Alias("gateway.heard")]
internal sealed record WireHeard
{
    [Id(0)]
    public required long Life { get; init; }

    [Id(1)]
    public required long Head { get; init; }

    [Id(2)]
    public required bool IsAnew { get; init; }

    [Id(3)]
    public required WireInvalidation[] Next { get; init; }

    public static WireHeard Of(HubAnswer answer) => new() { Life = answer.Life, Head = answer.Head, IsAnew = answer.IsAnew, Next = [.. answer.Next.Select(WireInvalidation.Of)] };

    public HubAnswer ToAnswer() => new(Life, Head, IsAnew, Array.ConvertAll(Next, static n => n.ToNumbered()));
}
