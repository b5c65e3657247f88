using System.Text.RegularExpressions;

namespace OrleansGateway.Configuration;

/// <summary>
/// The last version of the cluster's configuration that this node had in force, in a file in its state folder, for a start while the cluster's store is down. Only its owner may read it: it
/// holds the secrets that stand in the text.
/// </summary>
/// <param name="stateFolder">The folder, which is there.</param>
/// <param name="cluster">Name of the cluster: what was kept for another is passed over.</param>
internal sealed partial class KeptConfiguration(string stateFolder, string cluster)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "cluster-config.yaml";

    private readonly string _path = Path.Combine(stateFolder, FileName);

    /// <summary>What was kept; none if nothing was, or it is not as it was written.</summary>
    public SharedText? Read()
    {
        try
        {
            var file = File.ReadAllText(_path);
            var match = FirstLine().Match(file);
            if (!match.Success || match.Groups[3].Value != cluster || !long.TryParse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture, out var sequence)) return null;
            var kept = new SharedText(sequence, file[match.Length..]);
            return kept.Version == match.Groups[1].Value ? kept : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps a version in place of the one before. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public void Write(SharedText version)
    {
        using var staged = StagedFile.Write(_path, $"# Version {version.Version} of the configuration of the cluster {cluster}, kept for a start without its store. Not to be edited.\n{version.Text}");
        staged.Commit();
    }

    [GeneratedRegex(@"\A# Version ((\d{1,18})-[0-9a-f]{8}) of the configuration of the cluster ([A-Za-z0-9._-]+), .*\n", RegexOptions.CultureInvariant)]
    private static partial Regex FirstLine();
}
