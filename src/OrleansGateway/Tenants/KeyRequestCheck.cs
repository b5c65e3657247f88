using System.Text.RegularExpressions;

namespace OrleansGateway.Tenants;

/// <summary>Judges a request for a key against the tenants there are, and reads its written forms. Reports every fault, not the first.</summary>
internal sealed partial class KeyRequestCheck(TenantDirectory tenants)
{
    private const int NameLengthMax = 128;
    private const int PatternsMax = 256;
    private const int PatternLengthMax = 256;
    private const int IpRangesMax = 64;
    private const int MetadataMax = 16;
    private const int MetadataNameLengthMax = 64;
    private const int MetadataValueLengthMax = 256;

    private readonly List<KeyFault> _faults = [];

    /// <summary>The faults found so far; none means that the request can be granted.</summary>
    public IReadOnlyList<KeyFault> Faults => _faults;

    /// <summary>The key asked for, but for its id and its secret. Meaningful only if there are no <see cref="Faults"/>.</summary>
    public Key Read(KeyRequest request, DateTimeOffset now)
    {
        CheckOwner(request);
        if (request.Name is { } name && !IsText(name, NameLengthMax))
            Add("name", $"Must be 1 to {NameLengthMax} characters, none of them a control character.");
        return new Key
        {
            Id = "",
            Hash = default,
            Display = "",
            Name = request.Name,
            Tenant = request.Tenant ?? "",
            Team = request.Team,
            User = request.User,
            Models = ReadPatterns("models", request.Models),
            Routes = ReadPatterns("routes", request.Routes),
            IpRanges = ReadRanges(request.IpRanges),
            Metadata = ReadMetadata(request.Metadata),
            CreatedAt = now,
            ExpiresAt = ReadExpiry(request.ExpiresAt, now),
        };
    }

    private void Add(string path, string message) => _faults.Add(new KeyFault(path, message));

    private void CheckOwner(KeyRequest request)
    {
        if (string.IsNullOrEmpty(request.Tenant))
        {
            Add("tenant", "Is needed: the id of the organisation that the key belongs to.");
            return;
        }

        if (tenants.Find(request.Tenant) is not { } tenant)
        {
            Add("tenant", $"There is no tenant of that id. {Known(tenants.Ids(), "There is none yet", "There are")}");
            return;
        }

        if (request.Team is null)
        {
            if (request.User is not null) Add("user", "Needs a team: users are listed by team.");
            return;
        }

        if (!tenant.Teams.TryGetValue(request.Team, out var team))
            Add("team", $"The tenant has no team of that id. {Known(tenant.Teams.Keys, "It has none", "It has")}");
        else if (request.User is { } user && !team.Users.ContainsKey(user))
            Add("user", $"The team has no user of that id. {Known(team.Users.Keys, "It has none", "It has")}");
    }

    private static string Known(IEnumerable<string> ids, string none, string some)
    {
        var shown = ids.Order(StringComparer.Ordinal).Take(10).ToArray();
        return shown.Length == 0 ? $"{none}." : $"{some}: {string.Join(", ", shown)}{(shown.Length == 10 ? " …" : "")}.";
    }

    private string[] ReadPatterns(string path, IReadOnlyList<string?>? patterns)
    {
        if (patterns is null) return ["*"];
        if (patterns.Count is 0 or > PatternsMax) Add(path, $"Must list 1 to {PatternsMax} names; leave it out to allow all.");
        for (var i = 0; i < patterns.Count; i++)
        {
            if (patterns[i] is not { } text || !IsPattern(text))
                Add($"{path}[{i}]", $"Must be a name of 1 to {PatternLengthMax} characters without spaces, with '*' only at its end.");
        }

        return [.. patterns.Select(p => p ?? "").Distinct(StringComparer.Ordinal)];
    }

    private static bool IsPattern(string text) =>
        IsText(text, PatternLengthMax) && !text.Any(char.IsWhiteSpace) && text.IndexOf('*') is var star && (star < 0 || star == text.Length - 1);

    private List<IPNetwork> ReadRanges(IReadOnlyList<string?>? ranges)
    {
        var read = new List<IPNetwork>();
        if (ranges is { Count: > IpRangesMax }) Add("ip_ranges", $"Must list at most {IpRangesMax} networks.");
        for (var i = 0; i < (ranges?.Count ?? 0); i++)
        {
            if (IPNetwork.TryParse(ranges![i], out var network)) read.Add(network);
            else Add($"ip_ranges[{i}]", "Must be a network in CIDR form, such as 10.0.0.0/8, 192.0.2.7/32 or 2001:db8::/32.");
        }

        return read;
    }

    private DateTimeOffset? ReadExpiry(string? text, DateTimeOffset now)
    {
        if (text is null) return null;
        if (!Iso8601WithOffset().IsMatch(text) || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var expires))
            Add("expires_at", "Must be an instant in ISO 8601 with its offset, such as 2030-01-31T00:00:00Z.");
        else if (expires <= now) Add("expires_at", "Must lie in the future.");
        else return KeyTime.Stored(expires);
        return null;
    }

    private Dictionary<string, string> ReadMetadata(IReadOnlyDictionary<string, string?>? metadata)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        if (metadata is { Count: > MetadataMax }) Add("metadata", $"Must hold at most {MetadataMax} labels.");
        foreach (var (name, value) in metadata ?? read!)
        {
            if (!IsText(name, MetadataNameLengthMax))
                Add("metadata", $"A label's name must be 1 to {MetadataNameLengthMax} characters, none of them a control character.");
            else if (value is null || value.Length > MetadataValueLengthMax || value.Any(char.IsControl))
                Add($"metadata.{name}", $"Must be a text of at most {MetadataValueLengthMax} characters, none of them a control character.");
            read[name] = value ?? "";
        }

        return read;
    }

    // Control characters would let a name forge lines in a terminal or a log.
    private static bool IsText(string text, int lengthMax) => text.Length > 0 && text.Length <= lengthMax && !text.Any(char.IsControl);

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d)$", RegexOptions.CultureInvariant)]
    private static partial Regex Iso8601WithOffset();
}
