namespace OrleansGateway.Configuration;

/// <summary>A set of fields of the access log, asked some thirty times per request: one bit each.</summary>
internal readonly struct AccessFields(IEnumerable<AccessField> fields)
{
    private readonly ulong _bits = fields.Aggregate(0UL, static (bits, field) => bits | (1UL << (int)field));

    public bool Has(AccessField field) => (_bits >> (int)field & 1) != 0;
}
