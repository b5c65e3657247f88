using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models.Anthropic;
using OrleansGateway.Models.OpenAI;

namespace OrleansGateway.Models;

/// <summary>The dialects that chat is translated between.</summary>
internal static class Dialects
{
    private static readonly OpenAIDialect OpenAI = new();
    private static readonly AnthropicDialect Anthropic = new();

    public static IChatDialect Of(Dialect dialect) => dialect switch
    {
        Dialect.OpenAI => OpenAI,
        Dialect.Anthropic => Anthropic,
        _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "Chat is not spoken in this dialect."),
    };

    /// <summary>What a provider speaks to a client of that dialect: the fake one speaks as it is spoken to.</summary>
    public static Dialect Of(ProviderKind provider, Dialect client) => provider switch
    {
        ProviderKind.OpenAI => Dialect.OpenAI,
        ProviderKind.Anthropic => Dialect.Anthropic,
        _ => client,
    };
}
