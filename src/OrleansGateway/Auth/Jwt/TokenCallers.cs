using OrleansGateway.Configuration;

namespace OrleansGateway.Auth.Jwt;

/// <summary>Finds the caller behind a token: from memory if it was verified before, by verifying it if not.</summary>
internal sealed class TokenCallers(TokenVerifier verifier, TokenCache verified, TimeProvider time)
{
    /// <summary>Caller of a token that has been verified; none if it was not, or no longer holds. One look-up, and allocates nothing.</summary>
    public Caller? Find(Snapshot snapshot, KeyHash hash) => verified.Find(hash, snapshot, time.GetUtcNow());

    public async ValueTask<TokenVerdict> VerifyAsync(string text, KeyHash hash, Snapshot snapshot, CancellationToken cancellation)
    {
        var token = await verifier.VerifyAsync(text, snapshot, cancellation);
        if (token is { Verdict.Caller: { } caller, Source: { } source, Keys: { } keys }) verified.Add(hash, snapshot, caller, source, keys);
        return token.Verdict;
    }
}
