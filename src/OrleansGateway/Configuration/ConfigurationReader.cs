namespace OrleansGateway.Configuration;

/// <summary>What came of reading a configuration file: settings without a fault, or every fault there is.</summary>
/// <param name="Settings">The settings; none if there is a fault.</param>
/// <param name="Faults">In the order of the file; none if there are settings.</param>
/// <param name="Text">The file's text; empty if it could not be read.</param>
/// <param name="Fingerprint">Equal for two readings of the same text, variables and secrets.</param>
/// <param name="Files">The files read, and their stamps from before.</param>
/// <param name="Findings">Where in the file each setting stands.</param>
internal sealed record Reading(
    GatewaySettings? Settings, IReadOnlyList<Fault> Faults, string Text, string Fingerprint, IReadOnlyDictionary<string, FileStamp> Files, Findings Findings)
{
    /// <summary>Text of the file, of which <see cref="Shared"/> leaves only the node's own sections in force.</summary>
    public string File { get; init; } = Text;

    /// <summary>The version of the cluster's configuration that was read; none if all was read from the file.</summary>
    public SharedText? Shared { get; init; }
}

/// <summary>Reads a configuration file whole: its text, the references in it, its bounds and its cross-references. No bad input makes it throw.</summary>
internal sealed class ConfigurationReader(Func<string, string?> environment)
{
    public Reading Read(string path) => Read(path, static sources => sources.ReadConfig());

    /// <summary>Reads a text as if it were in the file of that path.</summary>
    public Reading Read(string path, string text) => Read(path, sources => sources.TakeConfig(text));

    /// <summary>Reads the node's own sections from the file and all else from a version of the cluster's configuration.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shared">The version.</param>
    /// <param name="known">Text of the file as it was read last, to go by; none to read it.</param>
    public Reading Read(string path, SharedText shared, string? known = null)
    {
        using var sources = new ConfigurationSources(path, environment);
        var findings = new Findings(path, SharedText.Name);
        if (known is not null) sources.SeeConfig();
        var (file, problem) = known is null ? sources.LookAtConfig() : (known, "");
        var settings = file is null ? null : Bind(path, file, shared, findings, sources);
        if (file is null) findings.Add(0, 0, NodeSections.Names[0], $"The file {problem}.");
        return new Reading(findings.Any ? null : settings, findings.Faults, shared.Text, sources.Fingerprint(), sources.Files, findings) { File = file ?? "", Shared = shared };
    }

    /// <summary>Reads only the node's own sections of a file; the others have their defaults, whatever is in it.</summary>
    public Reading ReadOwn(string path) => Read(path, new SharedText(0, ""));

    private static GatewaySettings? Bind(string path, string file, SharedText shared, Findings findings, ConfigurationSources sources)
    {
        sources.Take(NodeSections.Digest(file));
        sources.Take(shared.Text);
        var own = new Findings(path);
        if (YamlTree.Parse(file, own) is not { } mine || own.Any)
        {
            foreach (var fault in own.Faults) findings.Add(fault.Line, fault.Column, NodeSections.Names[0], fault.Message);
            return null;
        }

        var theirs = shared.Text.Length == 0 ? null : YamlTree.Parse(shared.Text, findings);
        if (theirs is null && shared.Text.Length > 0) return null;
        if (theirs is { Kind: not YamlKind.Mapping }) findings.Add(theirs, "", $"Here must be a section of fields, and there is {theirs.Described}.");
        return Check(NodeSections.Merge(mine, theirs), findings, sources);
    }

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
        return YamlTree.Parse(text, findings) is { } root ? Check(root, findings, sources) : null;
    }

    private static GatewaySettings Check(YamlNode root, Findings findings, ConfigurationSources sources)
    {
        var settings = new SettingsBinder(findings, sources).Bind(root);
        SettingsValidator.Validate(settings, findings);
        // Of what is faulty it would say what follows from the faults.
        if (!findings.Any) FeasibilityRules.Check(settings, findings);
        return settings;
    }
}
