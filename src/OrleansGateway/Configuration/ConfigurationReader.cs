namespace OrleansGateway.Configuration;

/// <summary>What came of reading a configuration file: settings without a fault, or every fault there is.</summary>
/// <param name="Settings">The settings; none if there is a fault.</param>
/// <param name="Faults">In the order of the file; none if there are settings.</param>
/// <param name="Text">The file's text; empty if it could not be read.</param>
/// <param name="Fingerprint">Equal for two readings of the same text, variables and secrets.</param>
/// <param name="Files">The files read, and their stamps from before.</param>
/// <param name="Findings">Where in the file each setting stands.</param>
internal sealed record Reading(
    GatewaySettings? Settings, IReadOnlyList<Fault> Faults, string Text, string Fingerprint, IReadOnlyDictionary<string, FileStamp> Files, Findings Findings);

/// <summary>Reads a configuration file whole: its text, the references in it, its bounds and its cross-references. No bad input makes it throw.</summary>
internal sealed class ConfigurationReader(Func<string, string?> environment)
{
    public Reading Read(string path) => Read(path, static sources => sources.ReadConfig());

    /// <summary>Reads a text as if it were in the file of that path.</summary>
    public Reading Read(string path, string text) => Read(path, sources => sources.TakeConfig(text));

    private Reading Read(string path, Func<ConfigurationSources, (string? Text, string Problem)> take)
    {
        using var sources = new ConfigurationSources(path, environment);
        var findings = new Findings(path);
        var (text, problem) = take(sources);
        if (text is null) findings.Add(0, 0, "", $"The file {problem}.");
        var settings = text is null ? null : Bind(text, findings, sources);
        return new Reading(findings.Any ? null : settings, findings.Faults, text ?? "", sources.Fingerprint(), sources.Files, findings);
    }

    private static GatewaySettings? Bind(string text, Findings findings, ConfigurationSources sources)
    {
        if (YamlTree.Parse(text, findings) is not { } root) return null;
        var settings = new SettingsBinder(findings, sources).Bind(root);
        SettingsValidator.Validate(settings, findings);
        // Of what is faulty it would say what follows from the faults.
        if (!findings.Any) FeasibilityRules.Check(settings, findings);
        return settings;
    }
}
