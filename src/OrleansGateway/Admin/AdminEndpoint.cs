using System.Text.Json.Serialization.Metadata;

namespace OrleansGateway.Admin;

/// <summary>One endpoint of the admin API: what it asks of its caller, what it does, and what a reader of the API must know.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Below <c>/admin/v1</c>.</param>
/// <param name="Permission">What the caller must be allowed.</param>
/// <param name="Summary">What it does, in one sentence.</param>
/// <param name="Handler">Does it.</param>
internal sealed record AdminEndpoint(string Method, string Path, Permission Permission, string Summary, Func<AdminCall, Task<IResult>> Handler)
{
    /// <summary>Root of all paths.</summary>
    public const string Root = "/admin/v1";

    /// <summary>Media type of a body that is a configuration.</summary>
    public const string Yaml = "application/yaml";

    /// <summary>Form of a JSON body; none if there is no JSON body.</summary>
    public JsonTypeInfo? Body { get; init; }

    /// <summary>Whether the body is a configuration.</summary>
    public bool TakesYaml { get; init; }

    /// <summary>Form of a JSON answer; none if the answer is not JSON.</summary>
    public JsonTypeInfo? Answer { get; init; }

    /// <summary>Media types of an answer that is not, or not always, JSON of that form.</summary>
    public IReadOnlyList<string> OtherAnswers { get; init; } = [];

    /// <summary>Status of success.</summary>
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>Status of success where all was as asked already; none if that has no status of its own.</summary>
    public int? RepeatStatus { get; init; }

    /// <summary>Statuses of refusals besides 401 and 403.</summary>
    public IReadOnlyList<int> Refusals { get; init; } = [];

    /// <summary>Parameters of the query.</summary>
    public IReadOnlyList<string> Query { get; init; } = [];

    /// <summary>Headers it reads, and whether one must be there.</summary>
    public IReadOnlyList<(string Name, bool Needed)> Headers { get; init; } = [];
}
