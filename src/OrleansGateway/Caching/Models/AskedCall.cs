using System.Security.Cryptography;
using System.Text.Json;
using OrleansGateway.Configuration;
using OrleansGateway.Http;
using OrleansGateway.Models;
using OrleansGateway.Models.Relays;
using OrleansGateway.Upstream;

namespace OrleansGateway.Caching.Models;

/// <summary>
/// A call as its provider would receive it, read for the cache: the key of its answer, and whether that is drawn at random. The target that would be asked first
/// counts: what another says in its place is not stored under its name.
/// </summary>
/// <param name="Key">Under what its answer is stored.</param>
/// <param name="IsSampled">Whether the model draws its answer, so that asking again may give another one.</param>
/// <param name="IsKept">Whether the provider is to keep the answer, which then is more than its words.</param>
internal readonly record struct AskedCall(ModelKey Key, bool IsSampled, bool IsKept)
{
    /// <summary>Another one, and nothing is found that an earlier program has stored.</summary>
    private const string Version = "model-answer-1";

    /// <summary>Reads it; false if nothing can be stored for it, for its body means different things to different readers.</summary>
    /// <param name="owner">Who asks, where, and under which rules.</param>
    /// <param name="target">The target.</param>
    /// <param name="dialect">What it speaks.</param>
    /// <param name="request">The request, as it would be sent.</param>
    /// <param name="asked">What was read.</param>
    public static bool TryRead(in KeyOwner owner, Target target, Dialect dialect, UpstreamRequest request, out AskedCall asked)
    {
        using var text = new PooledBuffer(request.Body.Length + 1024);
        using var body = JsonDocument.Parse(request.Body, new JsonDocumentOptions { MaxDepth = RequestEnvelope.DepthMax });
        asked = default;
        WriteHead(owner, target, dialect, request, text);
        if (!CanonicalJson.TryWrite(body.RootElement, NeutralFields.Of(dialect), text)) return false;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text.WrittenSpan, hash);
        var isKept = dialect == Dialect.OpenAI && body.RootElement.Flag("store") == true;
        asked = new AskedCall(new ModelKey(owner.Tenant, hash), owner.IsChat && Sampling.IsSampled(dialect, body.RootElement), isKept);
        return true;
    }

    private static void WriteHead(in KeyOwner owner, Target target, Dialect dialect, UpstreamRequest request, PooledBuffer text)
    {
        Text(Version);
        Text(owner.Tenant);
        Text(owner.User);
        Text(owner.Route);
        Text(owner.Policy);
        foreach (var tag in owner.Tags) Text(tag);
        // The end of the list: no text is none.
        Text(null);
        Text(target.Provider.Id);
        Text(target.Model);
        Text(dialect.ToString());
        Text(request.Uri.AbsoluteUri);
        Text(request.Target);
        foreach (var (name, value) in request.Headers)
        {
            if (!NeutralFields.Counts(name)) continue;
            Text(name.ToLowerInvariant());
            Text(value);
        }

        Text(null);

        void Text(string? value) => CanonicalJson.WriteText(value, text);
    }
}

/// <summary>Whose an answer is, and under which rules it is made.</summary>
/// <param name="Tenant">The tenant; none for none.</param>
/// <param name="User">The user, or the key, where it is theirs alone; none where it is the tenant's.</param>
/// <param name="Route">Id of the route.</param>
/// <param name="Policy">The operator's name for rules that the gateway does not know of.</param>
/// <param name="Tags">Tags that it is stored with, in order: a call that names a tag never gets what a purge of that tag would leave.</param>
/// <param name="IsChat">Whether a model speaks, rather than measures.</param>
internal readonly record struct KeyOwner(string? Tenant, string? User, string Route, string Policy, IReadOnlyList<string> Tags, bool IsChat);
