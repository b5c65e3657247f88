using OrleansGateway.Http;

namespace OrleansGateway.Tenants;

/// <summary>What became of a request to make, change or delete a tenant, team or user.</summary>
/// <param name="Owner">As it now is; none with a refusal.</param>
/// <param name="Made">Whether this request made it; false if it was there just so.</param>
/// <param name="Refusal">Why nothing was done; none if it was.</param>
/// <param name="Faults">All that was wrong with what was asked.</param>
internal sealed record OwnerAnswer(Owner? Owner, bool Made = false, Refusal? Refusal = null, IReadOnlyList<KeyFault>? Faults = null)
{
    public static OwnerAnswer Invalid(IReadOnlyList<KeyFault> faults) => new(null, Refusal: KeyAnswer.Invalid([]).Refusal, Faults: faults);

    public static OwnerAnswer NotFound(OwnerId id) => new(null, Refusal: RefusalOfMissing(id));

    public static OwnerAnswer InConfiguration(OwnerId id) => Conflict(
        $"{id.Kind}_in_configuration", $"The {id.Kind} '{id}' is stated in the configuration file. Change it there and reload.");

    public static OwnerAnswer Exists(OwnerId id) =>
        Conflict($"{id.Kind}_exists", $"There is a {id.Kind} '{id}' already, with another name or state. Change that one, or choose another id.");

    public static OwnerAnswer TooMany(OwnerId id, int max) => Conflict($"too_many_{id.Kind}s", $"There are {max} {id.Kind}s made at run time already: no more fit.");

    public static OwnerAnswer HasKeys(OwnerId id) => Conflict(
        $"{id.Kind}_has_keys", $"The {id.Kind} '{id}' has keys that are not revoked. Revoke them first; 'gateway keys list' shows them.");

    public static OwnerAnswer HasAdmins(OwnerId id) => Conflict(
        "tenant_has_admins", $"There are admins bound to the tenant '{id}'. Revoke them first: they would manage whoever gets this id next.");

    public static OwnerAnswer Changed(OwnerId id) => Conflict($"{id.Kind}_changed", $"The {id.Kind} '{id}' was changed by others at the same time. Try again.");

    public static Refusal RefusalOfMissing(OwnerId id) => Refusal.NotFound($"{id.Kind}_not_found", $"There is no {id.Kind} '{id}'.");

    private static OwnerAnswer Conflict(string code, string message) => new(null, Refusal: new Refusal(409, code, message));
}
