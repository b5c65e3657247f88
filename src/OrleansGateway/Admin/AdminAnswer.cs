using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.WebUtilities;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Tenants;

namespace OrleansGateway.Admin;

/// <summary>Answers of the admin API.</summary>
internal static class AdminAnswer
{
    public static IResult Json<T>(T document, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        Results.Json(document, type, statusCode: status);

    /// <summary>A refusal, as problem details.</summary>
    public static IResult Problem(Refusal refusal, IReadOnlyList<ErrorDocument>? errors = null, string? keyId = null, string? adminId = null) => Results.Json(
        new ProblemDocument(ReasonPhrases.GetReasonPhrase(refusal.Status), refusal.Status, refusal.Code, refusal.Message, keyId, adminId, errors),
        AdminJson.Default.ProblemDocument,
        "application/problem+json",
        refusal.Status);

    /// <summary>What was asked for is well formed and cannot be granted.</summary>
    public static IResult Invalid(IReadOnlyList<KeyFault> faults) => Problem(KeyAnswer.Invalid(faults).Refusal!, Errors(faults));

    /// <summary>What became of a request to make or change a key.</summary>
    public static IResult Of(KeyAnswer answer, DateTimeOffset now, int status = StatusCodes.Status200OK) => answer.Refusal is { } refusal
        ? Problem(refusal, answer.Faults is { } faults ? Errors(faults) : null, answer.Key?.Id)
        : Json(KeyDocument.Of(answer.Key!, now, answer.Secret?.Reveal()), AdminJson.Default.KeyDocument, status);

    /// <summary>What is wrong with a configuration.</summary>
    public static ErrorDocument[] Errors(IReadOnlyList<Fault> faults) => [.. faults.Select(f => new ErrorDocument(f.Path, f.Message, f.File, f.Line, f.Column))];

    public static ErrorDocument[] Errors(IReadOnlyList<KeyFault> faults) => [.. faults.Select(f => new ErrorDocument(f.Path, f.Message))];
}
