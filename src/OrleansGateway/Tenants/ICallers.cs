using OrleansGateway.Configuration;

namespace OrleansGateway.Tenants;

/// <summary>Finds the caller behind a key. Asked on every request: answers from memory, allocates nothing.</summary>
internal interface ICallers
{
    /// <summary>
    /// The caller whose key has this hash, from the run-time keys or those of the configuration; none if there is no such key, or it is revoked or
    /// past its rotation's grace. Expiry is the asker's to check: <see cref="Caller.Expires"/>.
    /// </summary>
    Caller? Find(Snapshot snapshot, KeyHash hash);

    /// <summary>Whether a key or tenant that is not found is none. Not so while those made at run time have yet to be read.</summary>
    bool AreAllKnown => true;
}
