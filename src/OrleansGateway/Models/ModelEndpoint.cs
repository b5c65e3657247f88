using OrleansGateway.Http;

namespace OrleansGateway.Models;

/// <summary>What one path of the model API does.</summary>
internal enum ModelAction
{
    ChatCompletions,
    Embeddings,
    Messages,
    CountTokens,
    ListModels,
    GetModel,
}

/// <summary>A path of the model API, below a route's own path.</summary>
internal sealed record ModelEndpoint(ModelAction Action, string Method, Dialect Dialect, string Operation)
{
    private static readonly ModelEndpoint ChatCompletions = new(ModelAction.ChatCompletions, "POST", Dialect.OpenAI, "chat");
    private static readonly ModelEndpoint Embeddings = new(ModelAction.Embeddings, "POST", Dialect.OpenAI, "embeddings");
    private static readonly ModelEndpoint Messages = new(ModelAction.Messages, "POST", Dialect.Anthropic, "chat");
    private static readonly ModelEndpoint CountTokens = new(ModelAction.CountTokens, "POST", Dialect.Anthropic, "count_tokens");
    private static readonly ModelEndpoint ListModels = new(ModelAction.ListModels, "GET", Dialect.OpenAI, "list_models");
    private static readonly ModelEndpoint GetModel = new(ModelAction.GetModel, "GET", Dialect.OpenAI, "get_model");

    public const string ModelPathPrefix = "v1/models/";

    /// <summary>The endpoint at a path, given without the route's own path; none if there is none.</summary>
    public static ModelEndpoint? At(ReadOnlySpan<char> path) => path switch
    {
        "v1/chat/completions" => ChatCompletions,
        "v1/messages" => Messages,
        "v1/embeddings" => Embeddings,
        "v1/models" => ListModels,
        "v1/messages/count_tokens" => CountTokens,
        _ when path.StartsWith(ModelPathPrefix) && path.Length > ModelPathPrefix.Length => GetModel,
        _ => null,
    };
}
