using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

public sealed class ReferenceTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("${A}", "one")]
    [InlineData("x${A}y${B}z", "xoneytwoz")]
    [InlineData("$${A}", "${A}")]
    [InlineData("$$${A}", "$${A}")]
    [InlineData("$A $ {A}", "$A $ {A}")]
    [InlineData("${NONE:-else}", "else")]
    [InlineData("${EMPTY:-else}", "else")]
    [InlineData("${NONE:-}", "")]
    [InlineData("${A:-else}", "one")]
    [InlineData("${EMPTY}", "")]
    [InlineData("${NESTED}", "${A}")]
    public void Expand_WhenReferencesAreRight_ReplacesThem(string text, string expected)
    {
        var environment = new Dictionary<string, string> { ["A"] = "one", ["B"] = "two", ["EMPTY"] = "", ["NESTED"] = "${A}" };
        Assert.Equal((expected, ""), References.Expand(text, environment.GetValueOrDefault));
    }

    [Theory]
    [InlineData("${NONE}", "The environment variable NONE is not set; set it, or write ${NONE:-default}.")]
    [InlineData("${NONE}${OTHER}", "The environment variables NONE, OTHER are not set.")]
    [InlineData("${", "A reference must be written")]
    [InlineData("${A", "A reference must be written")]
    [InlineData("${1A}", "A reference must be written")]
    [InlineData("${A-b}", "A reference must be written")]
    public void Expand_WhenAReferenceIsWrong_SaysWhy(string text, string problem)
    {
        var (expanded, actual) = References.Expand(text, _ => null);
        Assert.Null(expanded);
        Assert.StartsWith(problem, actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenAReferenceStandsForANumber_TakesIt()
    {
        _folder.Environment["DRAIN"] = "45";
        Assert.Equal(TimeSpan.FromSeconds(45), _folder.Read("drain_timeout: ${DRAIN}s\nroutes: { default: {} }").Settings!.DrainTimeout);
    }

    [Theory]
    [InlineData("x\n", "x")]
    [InlineData("x\r\n", "x")]
    [InlineData(" x y ", " x y ")]
    public void Read_WhenASecretIsInAFile_TakesItsTextWithoutTheLineBreak(string content, string expected)
    {
        _folder.Write("s", content);
        Assert.Equal(expected, ApiKey("file:s")!.Reveal());
        Assert.Equal(expected, ApiKey($"file:{_folder.PathOf("s")}")!.Reveal());
    }

    [Fact]
    public void Read_WhenASecretIsTypedInTheFile_TakesIt() => Assert.Equal("abc", ApiKey("abc")!.Reveal());

    [Fact]
    public void Read_WhenAVariableHoldsFileColon_DoesNotReadThatFile()
    {
        _folder.Environment["K"] = "file:app-key";
        Assert.Equal("file:app-key", ApiKey("\"${K}\"")!.Reveal());
    }

    [Theory]
    [InlineData("'file:'", "The file '' of this secret has no name.")]
    [InlineData("file:missing", "The file 'missing' of this secret does not exist.")]
    [InlineData("file:missing/too", "The file 'missing/too' of this secret does not exist.")]
    [InlineData("file:empty", "The file 'empty' of this secret is empty.")]
    [InlineData("file:long", "The file 'long' of this secret is larger than the 64KiB allowed.")]
    [InlineData("file:/", "The file '/' of this secret is a folder.")]
    [InlineData("''", "The secret is empty.")]
    public void Read_WhenASecretCannotBeHad_SaysWhy(string value, string problem)
    {
        _folder.Write("empty", "\n");
        _folder.Write("long", new string('x', 65537));
        Assert.Equal([$"1:42 providers.p.api_key: {problem}"], _folder.FaultsOf(Config(value)));
    }

    [Fact]
    public void Read_WhenASecretsFileIsAsLongAsAllowed_TakesIt()
    {
        _folder.Write("long", new string('x', 65536));
        Assert.NotNull(ApiKey("file:long"));
    }

    /// <summary>Secrets put everywhere, wrong in every way: no fault may show a piece of one.</summary>
    [Theory]
    [InlineData("keys: { k: { tenant: a, secret: SECRET } }")]
    [InlineData("keys: { k: { tenant: a, hash: SECRET } }")]
    [InlineData("keys: { k: { tenant: a, secret: [SECRET] } }")]
    [InlineData("keys: { k: { tenant: a, secret: { x: SECRET } } }")]
    [InlineData("keys: { k: { tenant: a, secret: 'SECRET ${' } }")]
    [InlineData("keys: { k: { tenant: a, secret: !SECRET } }")]
    [InlineData("keys: { k: { tenant: a, secret: *SECRET } }")]
    [InlineData("keys: { k: { tenant: a, secret: &SECRET } }")]
    [InlineData("keys: { k: { tenant: a, secret: \"SECRET } }")]
    [InlineData("keys: { k: { tenant: a, secret: SECRET: } }")]
    [InlineData("keys: { k: { tenant: a, secret: ${VAR} } }")]
    [InlineData("keys: { k: { tenant: ${VAR}, hash: ${VAR} } }")]
    [InlineData("providers: { p: { kind: ${VAR}, base_url: '${VAR}', timeouts: { idle: '${VAR}' } } }")]
    [InlineData("providers: { p: { kind: openai, base_url: 'ftp://me:SECRET@host/' } }")]
    [InlineData("providers: { p: { kind: openai, base_url: 'https://me:SECRET@host/' } }")]
    [InlineData("providers: { p: { kind: openai, api_key: \"SECRET\\n\", headers: { 'x y': SECRET, host: SECRET, x: \"SECRET\\n\" } } }")]
    [InlineData("providers: { p: { kind: openai, api_key: 'file:${VAR}' } }")]
    [InlineData("providers: { p: { apikey: SECRET, kind: [SECRET] } }")]
    [InlineData("models: { m: { targets: [ { provider: '${VAR}' } ] } }")]
    public void Read_WhenASecretIsInTheWrongPlace_NeverShowsIt(string yaml)
    {
        _folder.Environment["VAR"] = "S3cr3t";
        var faults = _folder.FaultsOf(yaml.Replace("SECRET", "S3cr3t", StringComparison.Ordinal));
        Assert.NotEmpty(faults);
        Assert.DoesNotContain(faults, f => f.Contains("S3cr3t", StringComparison.OrdinalIgnoreCase));
    }

    private Secret? ApiKey(string value) => _folder.Read(Config(value)).Settings?.Providers["p"].ApiKey;

    private static string Config(string apiKey) => $"providers: {{ p: {{ kind: openai, api_key: {apiKey} }} }}\nroutes: {{ default: {{}} }}";

    public void Dispose() => _folder.Dispose();
}
