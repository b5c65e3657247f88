using OrleansGateway.Storage.Events;
using OrleansGateway.Storage.Invalidation;
using OrleansGateway.Storage.Ledger;
using OrleansGateway.Storage.Usage;

namespace OrleansGateway.Storage;

/// <summary>All steps of a cluster's database, in their order; each part of the program has its own.</summary>
internal static class PostgresSchema
{
    public static readonly IReadOnlyList<Migration> Steps =
    [
        .. LedgerSchema.Postgres, .. UsageSchema.Postgres, .. OwnerSchema.Postgres, .. InvalidationSchema.Postgres, .. AdminSchema.Postgres, .. InvalidationSchema.PostgresParked,
        .. EventSchema.Postgres, .. NodeSchema.Postgres,
    ];
}
