using Microsoft.Extensions.DependencyInjection;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Owners;
using OrleansGateway.Limits;

namespace OrleansGateway.Tests.Budgets;

/// <summary>Owners with nothing but their cores: what they write counts as written.</summary>
internal sealed class CoreOwners(IServiceProvider services, TimeProvider time) : ILeaseOwners
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, OwnerCore> _cores = [];

    private OwnerTime Now => new(time.GetElapsedTime(0), time.GetUtcNow());

    public ValueTask<LeaseReply> SendAsync(string owner, LeaseRequest request, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var core = _cores.TryGetValue(owner, out var known) ? known : _cores[owner] = New(owner);
            var step = core.Begin([request], Now);
            return new(core.End(step, written: true, Now)[0]);
        }
    }

    private OwnerCore New(string owner) => new(
        new OwnerSettings { EmptyAt = TimeSpan.MinValue },
        new() { Owner = owner, Epoch = 1, Version = 1 },
        account => services.GetRequiredService<RuleTables>().Current.SpecOf(account),
        Now,
        mayOthersHold: false);
}
