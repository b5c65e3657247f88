using OrleansGateway.Events;

namespace OrleansGateway.Storage.Events;

/// <summary>An event as a row. Properties are named as the columns that Dapper fills.</summary>
internal record EventRow
{
    public const string Columns = "tenant AS Tenant, sequence AS Sequence, id AS Id, type AS Type, at AS At, data AS Data";

    public string Tenant { get; init; } = "";
    public long Sequence { get; init; }
    public string Id { get; init; } = "";
    public string Type { get; init; } = "";
    public long At { get; init; }
    public string Data { get; init; } = "";

    public GatewayEvent Event() => new(TenantOf(Tenant), Sequence, Id, Type, DateTimeOffset.FromUnixTimeMilliseconds(At), Data);

    public static string? TenantOf(string stored) => stored.Length == 0 ? null : stored;
}

/// <summary>A dead letter as a row.</summary>
internal sealed record DeadLetterRow : EventRow
{
    public const string AllColumns = Columns + ", number AS Number, attempts AS Attempts, problem AS Problem, dead_at AS DeadAt";

    public long Number { get; init; }
    public long Attempts { get; init; }
    public string Problem { get; init; } = "";
    public long DeadAt { get; init; }

    public DeadLetter Letter() => new(Number, Event(), checked((int)Attempts), Problem, DateTimeOffset.FromUnixTimeMilliseconds(DeadAt));
}

/// <summary>How far a webhook has got, as a row.</summary>
internal sealed record LaneRow
{
    public const string Columns = "tenant AS Tenant, position AS Position, attempts AS Attempts, due AS Due, problem AS Problem";

    public string Tenant { get; init; } = "";
    public long Position { get; init; }
    public long Attempts { get; init; }
    public long? Due { get; init; }
    public string? Problem { get; init; }

    public LaneState State() => new(
        EventRow.TenantOf(Tenant), Position, checked((int)Attempts), Due is { } due ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null, Problem);
}
