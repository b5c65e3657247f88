namespace OrleansGateway.Audit;

/// <summary>Who made a change, and from where.</summary>
/// <param name="Id">Id of the admin, or one of the fixed names below.</param>
/// <param name="Role">Role of the admin; <c>gateway</c> or <c>local</c> where no admin called.</param>
/// <param name="Address">Address the call came from; none where there was no call.</param>
/// <param name="RequestId">The call's <c>x-request-id</c>; none where there was no call.</param>
internal sealed record AuditActor(string Id, string Role, string? Address = null, string? RequestId = null)
{
    /// <summary>The program itself, at its start.</summary>
    public static AuditActor Start { get; } = new("start", "gateway");

    /// <summary>The configuration file, or a file it names, was changed on disk by someone.</summary>
    public static AuditActor File { get; } = new("file", "gateway");

    /// <summary>Someone sent SIGHUP.</summary>
    public static AuditActor Signal { get; } = new("sighup", "gateway");

    /// <summary>A user of this machine, at the state folder itself.</summary>
    public static AuditActor Local(string user) => new($"os:{user}", "local");
}
