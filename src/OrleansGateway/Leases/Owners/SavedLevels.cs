using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansGateway.Leases.Ledger;

namespace OrleansGateway.Leases.Owners;

/// <summary>
/// Levels of rates over a clean stop, in one file. While the program runs the file says so: if it still does at the next start, the program was killed, and nobody knows what
/// was used. No file: nothing has ever run here.
/// </summary>
/// <param name="path">The file; null to keep nothing, as where there is no folder for it.</param>
internal sealed class SavedLevels(string? path)
{
    /// <summary>Whether the run before this one was killed.</summary>
    public bool WasKilled { get; private set; }

    /// <summary>Reads what was saved, and notes that the program runs.</summary>
    public IReadOnlyDictionary<string, AccountRow[]> Begin()
    {
        if (path is null) return new Dictionary<string, AccountRow[]>();
        var levels = Read();
        WasKilled = levels is { IsRunning: true };
        Write(new Levels(true, []));
        return levels?.Owners ?? [];
    }

    /// <summary>The program has stopped; these levels count from now on.</summary>
    public void End(Dictionary<string, AccountRow[]> owners)
    {
        if (path is not null) Write(new Levels(false, owners));
    }

    private Levels? Read()
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), SavedLevelsJson.Default.Levels) ?? new Levels(true, []);
        }
        catch (JsonException)
        {
            // A file that is half written says that the program did not stop in order.
            return new Levels(true, []);
        }
    }

    private void Write(Levels levels)
    {
        var next = path + ".new";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, levels, SavedLevelsJson.Default.Levels);
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path!, overwrite: true);
    }

    internal sealed record Levels(bool IsRunning, Dictionary<string, AccountRow[]> Owners);
}

[JsonSerializable(typeof(SavedLevels.Levels))]
internal sealed partial class SavedLevelsJson : JsonSerializerContext;
