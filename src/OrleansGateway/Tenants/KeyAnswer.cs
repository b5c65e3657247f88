using OrleansGateway.Configuration;
using OrleansGateway.Http;

namespace OrleansGateway.Tenants;

/// <summary>What became of a request to make or change a key: the key, or why not.</summary>
/// <param name="Key">The key as it now is; with a refusal, the key to blame, if there is one.</param>
/// <param name="Secret">The key's text, if one was made: this is the only time it is there.</param>
/// <param name="Refusal">Why nothing was done; none if it was.</param>
/// <param name="Faults">All that was wrong with what was asked.</param>
internal sealed record KeyAnswer(Key? Key, Secret? Secret = null, Refusal? Refusal = null, IReadOnlyList<KeyFault>? Faults = null)
{
    public static KeyAnswer Invalid(IReadOnlyList<KeyFault> faults) =>
        new(null, Refusal: new Refusal(422, "invalid_request", "What was asked for cannot be granted; see errors."), Faults: faults);

    public static KeyAnswer NotFound(string id) => new(null, Refusal: Refusal.NotFound("key_not_found", $"There is no key '{id}'."));

    public static KeyAnswer InConfiguration(string id) =>
        Conflict(null, "key_in_configuration", $"The key '{id}' is stated in the configuration file. Change it there and reload.");

    public static KeyAnswer AlreadyCreated(Key key) =>
        Conflict(key, "key_already_created",
            $"This Idempotency-Key made the key '{key.Id}'. Its text cannot be shown again; rotate it if it was lost.");

    public static KeyAnswer Revoked(Key key) => Conflict(key, "key_revoked", $"The key '{key.Id}' is revoked. Make a new one.");

    public static KeyAnswer Expired(Key key) => Conflict(key, "key_expired", $"The key '{key.Id}' has expired. Make a new one.");

    public static KeyAnswer Changed(Key key) =>
        Conflict(key, "key_changed", $"The key '{key.Id}' was changed by others at the same time. Try again.");

    private static KeyAnswer Conflict(Key? key, string code, string message) => new(key, Refusal: new Refusal(409, code, message));
}
