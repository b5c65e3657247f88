using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Auth;

/// <summary>
/// Finds the caller behind a client certificate. The handshake has made sure that the listener's authorities vouch for it; here is asked whom it stands for. What is
/// to be known of a certificate is read once per connection and forgotten with it.
/// </summary>
internal sealed class CertificateCallers(TimeProvider time)
{
    private static readonly Refusal NotKnown = Refusal.Forbidden("certificate_not_known", "The client certificate does not stand for anyone who may call here.");
    private static readonly Refusal Expired = Refusal.Forbidden("certificate_expired", "The client certificate has expired. Connect with a new one.");

    private readonly ConditionalWeakTable<X509Certificate2, ClientCertificateFacts> _facts = [];

    /// <summary>The caller; or why there is none. Allocates nothing but for a connection's first request.</summary>
    public (Caller? Caller, Refusal? Refusal) Find(Snapshot snapshot, X509Certificate2 certificate)
    {
        var facts = _facts.GetValue(certificate, static c => new ClientCertificateFacts(c));
        if (facts.Expires <= time.GetUtcNow()) return (null, Expired);
        return snapshot.Certificates.Find(facts) is { } caller ? (caller, null) : (null, NotKnown);
    }
}
