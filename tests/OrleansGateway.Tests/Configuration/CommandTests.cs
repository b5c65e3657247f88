using System.CommandLine;
using OrleansGateway.Cli;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

public sealed class CommandTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public void Check_WhenTheFileIsValid_SaysWhatIsInIt()
    {
        _folder.Write("gateway.yaml", TestFolder.Good);
        Assert.Equal((0, $"{_folder.ConfigPath}: valid (1 tenant, 1 key, 2 providers, 1 model, 1 route)\n", ""), Check(_folder.ConfigPath));
    }

    [Fact]
    public void Check_WhenTheFileIsInvalid_PrintsEveryFaultAndFails()
    {
        _folder.Write("gateway.yaml", "x: 1\ny: 2\n");
        var (code, output, error) = Check(_folder.ConfigPath);
        Assert.Equal((1, ""), (code, output));
        Assert.Equal(new ConfigurationReader(_ => null).Read(_folder.ConfigPath).Faults.Select(f => f.ToString()), error.TrimEnd().Split('\n'));
        Assert.Contains($"{_folder.ConfigPath}:2:1: y: There is no field 'y' here.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OfTheDefaultConfiguration_FindsItValid()
    {
        File.Copy(Repository.PathOf("gateway.yaml"), _folder.ConfigPath);
        Directory.CreateDirectory(_folder.PathOf(".gateway"));
        _folder.Write(".gateway/demo-key", TestFolder.KeySecret);
        Assert.Equal((0, $"{_folder.ConfigPath}: valid (1 tenant, 1 key, 2 providers, 3 models, 1 route)\n", ""), Check(_folder.ConfigPath));
    }

    [Fact]
    public void Check_OfTheFullExample_FindsItValid()
    {
        foreach (var name in new[] { "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", "ACME_KEY" }) _folder.Environment[name] = TestFolder.KeySecret;
        _folder.Environment["GLOBEX_KEY_SHA256"] = new string('0', 64);
        var path = Repository.PathOf("examples/gateway.full.yaml");
        Assert.Equal((0, $"{path}: valid (2 tenants, 2 keys, 4 providers, 4 models, 2 routes)\n", ""), Check(path));
    }

    [Fact]
    public void ConfigDocs_WhenCalled_PrintsTheCommittedPage() =>
        Assert.Equal((0, File.ReadAllText(Repository.PathOf("docs/configuration.md")), ""), Run(ConfigCommand.Create(_ => null), "docs"));

    [Fact]
    public void Check_OfTheExampleOnTheReferencePage_FindsItValid()
    {
        var page = File.ReadAllText(Repository.PathOf("docs/configuration.md"));
        var example = page.Split("```yaml\n")[1].Split("```")[0];
        _folder.Environment["ACME_KEY"] = TestFolder.KeySecret;
        _folder.Write("gateway.yaml", example.Replace("/run/secrets/openai", "app-key", StringComparison.Ordinal));
        Assert.Equal((0, $"{_folder.ConfigPath}: valid (1 tenant, 1 key, 1 provider, 1 model, 1 route)\n", ""), Check(_folder.ConfigPath));
    }

    [Fact]
    public void Check_OfWhatIsHardlyMeantSo_WarnsAndSucceeds()
    {
        _folder.Write("gateway.yaml", TestFolder.Good + "    request_weight: 21\n");
        var (code, output, error) = Check(_folder.ConfigPath);
        Assert.Equal(0, code);
        Assert.Contains(": valid (", output, StringComparison.Ordinal);
        Assert.StartsWith($"warning: {_folder.ConfigPath}:", error, StringComparison.Ordinal);
        Assert.Contains("rate_limits.per-key.burst: A request on the route default counts 21, and never fits into 20.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OfAnEmptyName_SaysSo() => Assert.Equal((1, "", ":0:0: The file has no name.\n"), Check(""));

    [Fact]
    public void ConfigSchema_WhenCalled_PrintsTheSchema() => Assert.Equal((0, ConfigurationSchema.Write(), ""), Run(ConfigCommand.Create(_ => null), "schema"));

    private (int Code, string Output, string Error) Check(string path) => Run(CheckCommand.Create(_folder.Environment.GetValueOrDefault), path);

    private static (int Code, string Output, string Error) Run(Command command, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = command.Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }

    public void Dispose() => _folder.Dispose();
}
