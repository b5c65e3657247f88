namespace OrleansGateway.Tests.Transport;

/// <summary>A folder for the files of one test.</summary>
internal sealed class PemFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-pem-").FullName;

    /// <summary>Writes a file, and returns where it is.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
