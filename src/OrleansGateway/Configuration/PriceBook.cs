using System.Reflection;

namespace OrleansGateway.Configuration;

/// <summary>What vendors' models cost, as shipped with the gateway. A vendor's part is read when it is first needed.</summary>
internal sealed class PriceBook
{
    private const string Prefix = "prices/";
    private readonly Dictionary<string, Lazy<Vendor>> _vendors;

    private PriceBook(Assembly assembly) => _vendors = assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
        .ToDictionary(n => Path.GetFileNameWithoutExtension(n), n => new Lazy<Vendor>(() => Read(assembly, n)));

    /// <summary>The one that is part of this program.</summary>
    public static PriceBook Shipped { get; } = new(typeof(PriceBook).Assembly);

    /// <summary>Names of the vendors.</summary>
    public IEnumerable<string> Vendors => _vendors.Keys.Order(StringComparer.Ordinal);

    /// <summary>A vendor's part; none if there is none.</summary>
    public Vendor? Find(string vendor) => _vendors.GetValueOrDefault(vendor)?.Value;

    /// <summary>What a model costs at a vendor, or at those whose models it sells; none if nobody says.</summary>
    public PriceTimeline? Find(string vendor, string model)
    {
        if (Find(vendor) is not { } found) return null;
        return found.Find(model) ?? found.Settings.Fallbacks.Select(f => Find(f)?.Find(model)).FirstOrDefault(p => p is not null);
    }

    /// <summary>The vendor that a provider is one of, by its address; none if it is none of them.</summary>
    public string? VendorAt(string host)
    {
        // The two that have a kind of their own need no look at all the others' hosts.
        if (host == "api.openai.com") return "openai";
        if (host == "api.anthropic.com") return "anthropic";
        return _vendors.Values.FirstOrDefault(v => v.Value.IsHost(host))?.Value.Settings.Vendor;
    }

    /// <summary>Reads one file of the book. Throws if it is wrong.</summary>
    public static Vendor Read(string text, string file)
    {
        using var sources = new ConfigurationSources(file, _ => null);
        var findings = new Findings(file);
        var settings = YamlTree.Parse(text, findings) is { } root ? new SettingsBinder(findings, sources).Bind<VendorSettings>(root) : new VendorSettings();
        if (findings.Any) throw new InvalidOperationException(string.Join('\n', findings.Faults));
        return new Vendor(settings);
    }

    private static Vendor Read(Assembly assembly, string resource)
    {
        using var text = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return Read(text.ReadToEnd(), resource);
    }
}
