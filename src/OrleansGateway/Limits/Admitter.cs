using System.Runtime.InteropServices;
using OrleansGateway.Configuration;
using OrleansGateway.Events;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Telemetry;

namespace OrleansGateway.Limits;

/// <summary>Asks for what a request needs, on the terms of the rules: whether it waits, what becomes of it while nobody can say what is left, and what its client is told.</summary>
internal sealed class Admitter(IAdmissions admissions, GatewayMetrics metrics, LimitEvents events, TimeProvider time, ILogger<Admitter> log)
{
    /// <summary>Takes the units from all accounts, or from none; if from none, says why.</summary>
    public async ValueTask<Denied?> AdmitAsync(Exchange exchange, RuleTable table, Hold hold, Applying applying, Amounts units)
    {
        if (applying.Full is { } full) return new Denied(full, new Admission(Denial.Unavailable, null, TimeSpan.Zero));
        var (accounts, waitMax, queueMax, startedAt) = (applying.Accounts, TimeSpan.Zero, 0, 0L);
        while (!accounts.IsEmpty)
        {
            var admission = await admissions.AdmitAsync(hold, accounts, units, new AdmissionTerms(PriorityOf(exchange), waitMax, queueMax), exchange.Aborted);
            if (startedAt != 0) metrics.LimitWaited(time.GetElapsedTime(startedAt));
            if (admission.IsGranted) break;
            var rule = RuleOf(table, admission, accounts);
            if (admission.Denial == Denial.Unavailable && rule.OnUnavailable == OnUnavailable.Open && admission.Binding is { } unknown)
            {
                log.PassedUncounted(rule.Id, exchange.Id);
                metrics.LimitDecided(rule.Id, "uncounted");
                accounts = Without(accounts, unknown);
                continue;
            }

            if (admission.Denial != Denial.NotNow || startedAt != 0 || rule.OnLimit == OnLimit.Reject) return new Denied(rule, admission);
            // Asked for without a wait first: the other limits of this request may not let it wait.
            (waitMax, queueMax, startedAt) = (rule.RateLimit!.WaitMax, rule.RateLimit.QueueMax, time.GetTimestamp());
            metrics.LimitDecided(rule.Id, "queued");
        }

        return null;
    }

    public Hold NewHold(Exchange exchange) => admissions.NewHold(exchange.Id);

    /// <summary>Takes note of a request that all its limits have room for.</summary>
    public void Admitted() => metrics.LimitDecided(rule: null, "admitted");

    /// <summary>What the client of a request that was not admitted is told; noted for the records too.</summary>
    public Refusal RefusalOf(Exchange exchange, in Denied denied)
    {
        var rule = denied.Rule;
        RequestLimits.Of(exchange).RefusedBy = rule.Id;
        metrics.LimitDecided(rule.Id, "refused");
        if (denied.Admission.Denial != Denial.Unavailable)
            events.Reached(exchange.Caller?.Tenant, rule.Id, denied.Admission.Binding?.Id.Scope ?? "", denied.Admission.Denial.ToString());
        log.Refused(exchange.Id, rule.Id, denied.Admission.Binding?.Id.Scope, denied.Admission.Denial, denied.Admission.RetryAfter);
        var per = string.Join(", ", rule.RateLimit?.Per ?? rule.Budget?.Per ?? []);
        return LimitRefusal.Of(denied.Admission, NameOf(rule), per, rule.Budget?.Status ?? 429, time.GetUtcNow());
    }

    /// <summary>Tells the client where its limits stand, those told earlier included: by what is to hand here, for asking their owners would cost more than it tells.</summary>
    public void Tell(Exchange exchange, RuleTable table, Applying applying, Denied? denied)
    {
        var ways = exchange.Route!.Settings.RateLimitHeaders;
        if (ways.Count == 0 || applying.Accounts.IsEmpty) return;
        var (levels, now) = (RequestLimits.Of(exchange).Levels, time.GetUtcNow());
        foreach (var account in applying.Accounts.Span)
        {
            if (account.Spec is not { Dimension: not Dimension.Cost, Shadow: false } || table.RuleOf(account.Id) is not { } rule) continue;
            var isBinding = denied?.Admission.Binding?.Id == account.Id;
            levels.Add(isBinding ? LimitLevel.UsedUp(NameOf(rule), account, denied!.Value.Admission.RetryAfter, now) : LimitLevel.Of(NameOf(rule), account, now));
        }

        LimitFields.Write(exchange.Http.Response.Headers, ways, exchange.Dialect, CollectionsMarshal.AsSpan(levels), now);
    }

    /// <summary>The rule's id in its section of the configuration. What is spent beyond a soft budget bears the budget's.</summary>
    public static string NameOf(CompiledRule rule) => rule.Id[(rule.Id.IndexOf('.', StringComparison.Ordinal) + 1)..].Split('+')[0];

    public static ReadOnlyMemory<Account> Without(ReadOnlyMemory<Account> accounts, Account one)
    {
        var rest = new List<Account>(accounts.Length);
        foreach (var account in accounts.Span)
        {
            if (account.Id != one.Id) rest.Add(account);
        }

        return rest.ToArray();
    }

    private static CompiledRule RuleOf(RuleTable table, in Admission admission, ReadOnlyMemory<Account> accounts) =>
        table.RuleOf((admission.Binding ?? accounts.Span[0]).Id) ?? throw new InvalidOperationException($"No rule makes the account {admission.Binding?.Id}.");

    private static byte PriorityOf(Exchange exchange) => (byte)exchange.Route!.Settings.Priority;
}

internal static partial class LimitLog
{
    [LoggerMessage(2401, LogLevel.Debug, "Request {RequestId}: {Rule} has no room for it ({Scope}): {Denial}, may try again in {RetryAfter}")]
    public static partial void Refused(this ILogger log, string requestId, string rule, string? scope, Denial denial, TimeSpan retryAfter);

    [LoggerMessage(2402, LogLevel.Warning, "Nobody can say what is left of {Rule}: request {RequestId} passes uncounted")]
    public static partial void PassedUncounted(this ILogger log, string rule, string requestId);
}
