namespace OrleansGateway.Leases;

/// <summary>What an account of money is charged for a request. It may be less than the request's cost: what goes beyond a hold is never posted.</summary>
/// <param name="Account">Which.</param>
/// <param name="Period">Number of its period, that of the lease which the amount was held of; 0 for accounts without.</param>
/// <param name="Amount">Nano-dollars.</param>
internal readonly record struct UsageCharge(AccountId Account, long Period, long Amount);
