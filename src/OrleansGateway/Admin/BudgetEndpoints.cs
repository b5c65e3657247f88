using System.Text.Json;
using OrleansGateway.Accounting;
using OrleansGateway.Audit;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Leases.Ledger;
using OrleansGateway.Limits;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Shows budgets and what is in suspense, and does to them what operators do. Whoever is bound to a tenant sees those of that tenant only.</summary>
internal sealed class BudgetEndpoints(IBudgets budgets, SettlementByHand settlement, RuleTables rules, TenantDirectory tenants, IAuditLog log, Random random, TimeProvider time)
{
    public static readonly string[] Filters = ["tenant", "budget"];

    private const string Section = "budgets.";
    private const int ReasonCharsMax = 256;

    /// <summary>The id that the configuration gives the budget of an account.</summary>
    public static string IdOf(AccountId account) => account.Rule.StartsWith(Section, StringComparison.Ordinal) ? account.Rule[Section.Length..] : account.Rule;

    /// <summary><c>GET /budgets</c>: in the period that it is now, by budget and scope.</summary>
    public Task<IResult> ListAsync(AdminCall call) => ShowAsync(call, static (records, budget) => AdminAnswer.Json(
        new BudgetListDocument([.. records.SelectMany(r => Current(r).Where(a => budget is null || IdOf(a.Account) == budget).Select(a => BudgetDocument.Of(a, r)))
            .OrderBy(b => b.Budget, StringComparer.Ordinal).ThenBy(b => b.Scope, StringComparer.Ordinal)]),
        AdminJson.Default.BudgetListDocument));

    /// <summary><c>GET /budgets/suspense</c>.</summary>
    public Task<IResult> SuspenseAsync(AdminCall call) => ShowAsync(call, static (records, budget) => AdminAnswer.Json(
        new SuspenseListDocument([.. records.SelectMany(SuspenseOf).Where(s => budget is null || s.Budget == budget)]), AdminJson.Default.SuspenseListDocument));

    /// <summary><c>POST /budgets/grant</c> and its like: once, however often it is sent with one <c>Idempotency-Key</c>.</summary>
    public async Task<IResult> ActAsync(AdminCall call, BudgetActKind kind)
    {
        var (key, badKey) = call.IdempotencyKey();
        if (badKey is not null) return badKey;
        var (request, refused) = await RequestBody.ReadAsync(call.Http, AdminJson.Default.BudgetActRequest);
        if (refused is not null) return refused;
        var faults = FaultsOf(request!, kind, out var amount);
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var account = new AccountId(Section + request!.Budget, request.Scope ?? "");
        if (rules.Current.OwnerOf(account) is not { } owner)
            return AdminAnswer.Problem(Refusal.NotFound("budget_not_found", $"There is no budget '{request.Budget}', or it is for nobody called '{request.Scope}'."));
        var act = ActOf(request, kind, account, amount, key ?? $"act_{random.NextInt64():x16}", call);
        if (kind == BudgetActKind.Settle && await settlement.WriteAsync(owner, act, call.Aborted) is { } notWritten) return AdminAnswer.Problem(notWritten);
        var done = await budgets.ActAsync(owner, act, call.Aborted);
        if (done.Fault is { } fault) return AdminAnswer.Problem(new Refusal(StatusCodes.Status409Conflict, "budget_conflict", fault));
        var record = await budgets.ReadAsync(owner, call.Aborted);
        var after = BudgetDocument.Of(done.After!, record!);
        // A repeat has changed nothing, and stands in the log already.
        if (done.Before != done.After) await NoteAsync(call, kind, account, owner, request, done);
        return AdminAnswer.Json(after, AdminJson.Default.BudgetDocument);
    }

    private async Task<IResult> ShowAsync(AdminCall call, Func<IReadOnlyList<LedgerRecord>, string?, IResult> show)
    {
        var query = call.Http.Request.Query;
        var faults = QueryText.Unknown(query, Filters);
        if (faults.Count > 0) return AdminAnswer.Invalid(faults);
        var own = call.Principal.Tenant;
        var tenant = QueryText.Of(query, "tenant");
        if (own is not null && tenant is not null && own != tenant) return AdminAnswer.Problem(Refusal.Forbidden("forbidden_for_role", "Your token is bound to another tenant."));
        var records = new List<LedgerRecord>();
        var one = own ?? tenant;
        foreach (var owner in rules.Current.BudgetOwners(one is null ? tenants.Ids() : [one], alsoOfNone: one is null))
        {
            if (await budgets.ReadAsync(owner, call.Aborted) is { } record) records.Add(record);
        }

        return show(records, QueryText.Of(query, "budget"));
    }

    /// <summary>The row of the latest period of each budget, or of each rule of another section; of a window that rolls, all its parts in one.</summary>
    public static IEnumerable<AccountRow> Current(LedgerRecord record, string section = Section) => record.Accounts
        .Where(a => a.Account.Rule.StartsWith(section, StringComparison.Ordinal)).GroupBy(a => a.Account).Select(periods => periods.Where(p => p.Period == 0 && p.End is null).ToArray() is [var open]
            ? open with { Limit = periods.Sum(p => p.Limit), Posted = periods.Sum(p => p.Posted) }
            : periods.MaxBy(p => p.Period)!);

    private static IEnumerable<SuspenseDocument> SuspenseOf(LedgerRecord record)
    {
        foreach (var lease in record.Leases.Where(l => l.State == LeaseState.Suspense))
        {
            var named = record.Suspense.Where(s => s.Settled is null && s.Session == lease.Session && s.Account == lease.Account && s.Lease == lease.Number).ToArray();
            foreach (var hold in named)
                yield return new SuspenseDocument(IdOf(hold.Account), hold.Account.Scope, hold.Session, hold.Name.Length > 0 ? hold.Name : null, hold.Lease, NanoUsd.Format(hold.Amount), hold.At);
            var rest = lease.Out - named.Sum(h => h.Amount);
            if (rest > 0) yield return new SuspenseDocument(IdOf(lease.Account), lease.Account.Scope, lease.Session, null, lease.Number, NanoUsd.Format(rest), null);
        }
    }

    private static List<KeyFault> FaultsOf(BudgetActRequest request, BudgetActKind kind, out long amount)
    {
        var faults = new List<KeyFault>();
        amount = 0;
        if (string.IsNullOrEmpty(request.Budget)) faults.Add(new("budget", "Must be the id of a budget."));
        if (request.Reason?.Length > ReasonCharsMax) faults.Add(new("reason", $"Must be at most {ReasonCharsMax} characters."));
        if (kind == BudgetActKind.Reset)
        {
            if (request.Amount is not null) faults.Add(new("amount", "A reset has none."));
        }
        else if (!NanoUsd.TryParse(request.Amount, out amount) || (amount <= 0 && kind is BudgetActKind.Grant or BudgetActKind.Refund) || (amount < 0 && kind == BudgetActKind.Settle))
        {
            faults.Add(new("amount", "Must be US dollars as a decimal in a text, such as \"12.50\", with at most 9 decimals" + (kind == BudgetActKind.Adjust ? "." : ", and not negative.")));
        }

        if (request.Priority is < -1_000 or > 1_000) faults.Add(new("priority", "Must be -1,000 to 1,000."));
        if (kind != BudgetActKind.Grant && (request.Priority ?? (object?)request.ExpiresAt ?? request.RollsOver) is not null)
            faults.Add(new("", "Only a grant has priority, expires_at and rolls_over."));
        if (kind == BudgetActKind.Settle && (request.Session is null || request.Lease is null)) faults.Add(new("session", "Needed with lease, as the list of suspense shows them."));
        return faults;
    }

    private static BudgetAct ActOf(BudgetActRequest request, BudgetActKind kind, AccountId account, long amount, string id, AdminCall call) =>
        new(id, kind, account, amount, call.Principal.Id, request.Reason)
        {
            Priority = request.Priority ?? 0,
            ExpiresAt = request.ExpiresAt,
            RollsOver = request.RollsOver ?? false,
            Session = request.Session ?? Guid.Empty,
            Hold = request.Hold,
            Lease = request.Lease ?? 0,
        };

    private Task NoteAsync(AdminCall call, BudgetActKind kind, AccountId account, string owner, BudgetActRequest request, BudgetActResult done)
    {
        var tenant = owner.StartsWith("tenant:", StringComparison.Ordinal) ? owner["tenant:".Length..] : null;
        return log.AppendAsync(
            new AuditEntry(time.GetUtcNow(), call.Actor, "budget." + kind.ToString().ToLowerInvariant(), account.ToString(), tenant, FactsOf(done.Before, null), FactsOf(done.After, request.Reason)),
            call.Aborted);
    }

    private static string? FactsOf(AccountRow? row, string? reason) => row is null ? null : JsonSerializer.Serialize(
        new BudgetFacts(NanoUsd.Format(row.Available), NanoUsd.Format(row.Limit), NanoUsd.Format(row.Posted), reason), AdminJson.Default.BudgetFacts);
}

/// <summary>A budget as the audit log shows it, members in alphabetical order.</summary>
internal sealed record BudgetFacts(string Available, string Limit, string Posted, string? Reason);
