using System.Text;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

/// <summary>Files that are wrong as a whole, and all that is wrong at once.</summary>
public sealed class DocumentTests : IDisposable
{
    private const string Alias = "an alias (*…) names an anchor (&…) that does not come before it; a value that begins with * goes in quotes.";

    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("", "1:1 : The file holds no settings; it needs at least one route (routes: { default: { path: / } }).")]
    [InlineData("# only this\n", "1:1 : The file holds no settings; it needs at least one route (routes: { default: { path: / } }).")]
    [InlineData("---\n", "1:1 : The file holds no settings; it needs at least one route (routes: { default: { path: / } }).")]
    [InlineData("state: x\n", "1:1 routes: There is no route, so nothing would be served; add one (routes: { default: { path: / } }).")]
    [InlineData("- a\n", "1:1 : Here must be a section of fields, and there is a list.")]
    [InlineData("a", "1:1 : Here must be a section of fields, and there is a single value.")]
    [InlineData("routes: { default: {} }\n---\na: 1\n", "2:1 : A second document begins here; the file must hold exactly one.")]
    [InlineData("state: a: b\n", "1:9 : This is not YAML: While scanning a plain scalar value, found invalid mapping.")]
    [InlineData("state: \"\\q\"\n", "1:8 : This is not YAML: While scanning a quoted scalar, found unknown escape character.")]
    [InlineData("a: [1, 2\nb: }", "2:1 : This is not YAML: something is wrong here or shortly before.")]
    [InlineData("routes: *nowhere\n", "1:9 : This is not YAML: " + Alias)]
    [InlineData("routes: &me { default: *me }\n", "1:24 : This is not YAML: " + Alias)]
    [InlineData("? [a]\n: b\nroutes: { default: {} }\n", "1:3 : The name of a field must be a single value.")]
    public void Read_WhenTheFileIsNoSingleSection_SaysSo(string yaml, string fault) => Assert.Equal([fault], _folder.FaultsOf(yaml));

    [Fact]
    public void Read_WhenThereIsNoFile_SaysSoWithoutALine()
    {
        var reading = new ConfigurationReader(_ => null).Read(_folder.PathOf("none.yaml"));
        Assert.Equal($"{_folder.PathOf("none.yaml")}:0:0: The file does not exist.", Assert.Single(reading.Faults).ToString());
    }

    [Fact]
    public void Read_WhenTheFileIsAFolder_SaysSo() =>
        Assert.Equal("The file is a folder.", Assert.Single(new ConfigurationReader(_ => null).Read(Path.GetTempPath()).Faults).Message);

    [Fact]
    public void Read_WhenTheFileIsNotUtf8_SaysSo()
    {
        File.WriteAllBytes(_folder.ConfigPath, [0x72, 0xff, 0xfe]);
        Assert.Equal("The file is not text in UTF-8.", Assert.Single(new ConfigurationReader(_ => null).Read(_folder.ConfigPath).Faults).Message);
    }

    [Theory]
    [InlineData(16 << 20, null)]
    [InlineData((16 << 20) + 1, "The file is larger than the 16MiB allowed.")]
    public void Read_WhenTheFileIsLong_TakesUpTo16MiB(int bytes, string? fault)
    {
        var start = "routes: { default: {} }\n#";
        var reading = _folder.Read(start + new string('x', bytes - start.Length));
        Assert.Equal(fault, reading.Faults.SingleOrDefault()?.Message);
    }

    [Fact]
    public void Read_WhenTheFileBeginsWithAByteOrderMark_TakesIt()
    {
        File.WriteAllText(_folder.ConfigPath, "routes: { default: {} }", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Empty(new ConfigurationReader(_ => null).Read(_folder.ConfigPath).Faults);
    }

    [Fact]
    public void Read_WhenNestedTooDeep_RefusesInsteadOfOverflowingTheStack() =>
        Assert.Equal(["1:34 : This is not YAML: nested deeper than 32 levels."], _folder.FaultsOf(new string('[', 100_000)));

    [Fact]
    public void Read_WhenAliasesMultiply_RefusesInsteadOfFillingTheMemory()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 20; i++) bomb.Append(CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        Assert.Contains("the aliases up to here stand for more than 100000 values", Assert.Single(_folder.FaultsOf(bomb.ToString())), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenAnAliasIsUsed_TakesWhatItStandsFor()
    {
        var settings = _folder.Read(
            "providers: { a: { kind: openai, timeouts: &t { idle: 7s } }, b: { kind: openai, timeouts: *t } }\nroutes: { default: {} }").Settings!;
        Assert.Equal(TimeSpan.FromSeconds(7), settings.Providers["b"].Timeouts.Idle);
    }

    [Fact]
    public void Read_WhenManyThingsAreWrong_TellsThemAllInTheOrderOfTheFile()
    {
        var faults = _folder.FaultsOf(
            """
            listeners:
              admin: 9090
            tenant: x
            keys:
              k:
                tenant: nobody
                secret: short
                secret: again
                models: [missing]
              l: 5
            providers:
              p:
                kind: banana
                api_key: ${UNSET_ONE}${UNSET_TWO}
                timeouts: { connect: 1h, idle: 1ms }
            models:
              m:
                targets:
                  - { provider: q, weight: -1 }
                  - 5
                  - {}
            """);
        Assert.Equal(
            [
                "1:1 routes", "2:10 listeners.admin", "3:1 tenant", "6:13 keys.k.tenant", "7:13 keys.k.secret", "8:5 keys.k.secret",
                "9:14 keys.k.models[0]", "10:6 keys.l", "13:11 providers.p.kind", "14:14 providers.p.api_key", "15:26 providers.p.timeouts.connect",
                "15:36 providers.p.timeouts.idle", "19:21 models.m.targets[0].provider", "19:32 models.m.targets[0].weight",
                "20:9 models.m.targets[1]", "21:9 models.m.targets[2].provider",
            ],
            faults.Select(f => f[..f.IndexOf(": ", StringComparison.Ordinal)]));
    }

    [Fact]
    public void Read_WhenThereAreTooManyFaults_StopsListingThem()
    {
        var yaml = string.Concat(Enumerable.Range(0, 5_000).Select(i => $"unknown{i}: 1\n"));
        var faults = _folder.Read(yaml).Faults;
        Assert.Equal(1_001, faults.Count);
        Assert.Contains(faults, f => f.Message == "There are more faults than the 1000 listed.");
    }

    [Fact]
    public void Read_WhenGood_BindsEveryKindOfValue()
    {
        var settings = _folder.Read(
            """
            listeners: { data: ["[::1]:0", "127.0.0.1:0"], admin: 127.0.0.1:0 }
            limits: { request_body_max: 1536 }
            drain_timeout: 1m30s
            config_version_header: false
            tenants: { acme: { name: Acme } }
            keys:
              k: { tenant: acme, hash: BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD, expires: 2030-01-01T00:00:00+02:00, ip_ranges: [10.0.0.0/8] }
            providers:
              p: { kind: openai, base_url: "https://x/v1", stream_usage: as_sent, headers: { x-a: b } }
              f: { kind: fake, fake: { input_tokens: 5, faults: [ { status: 500, every: 3 } ] } }
            models: { m: { targets: [ { provider: p, model: "a/b:c" } ] } }
            routes: { default: { path: /a/b/ } }
            """).Settings!;

        Assert.Equal(["[::1]:0", "127.0.0.1:0"], settings.Listeners.Data.Select(d => d.Address!.ToString()));
        Assert.Equal(new ByteSize(1536), settings.Limits.RequestBodyMax);
        Assert.Equal(TimeSpan.FromSeconds(90), settings.DrainTimeout);
        Assert.False(settings.ConfigVersionHeader);
        Assert.Equal("Acme", settings.Tenants["acme"].Name);
        Assert.Equal(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.FromHours(2)), settings.Keys["k"].Expires);
        Assert.Equal("10.0.0.0/8", Assert.Single(settings.Keys["k"].IpRanges).ToString());
        Assert.Equal((ProviderKind.OpenAI, StreamUsage.AsSent), (settings.Providers["p"].Kind!.Value, settings.Providers["p"].StreamUsage));
        Assert.Equal("b", settings.Providers["p"].Headers["x-a"].Reveal());
        Assert.Equal((5L, null), (settings.Providers["f"].Fake!.InputTokens, settings.Providers["f"].Fake!.OutputTokens));
        Assert.Equal((500, 3), (settings.Providers["f"].Fake!.Faults[0].Status, settings.Providers["f"].Fake!.Faults[0].Every));
        Assert.Equal("a/b:c", settings.Models["m"].Targets[0].Model);
        Assert.Equal(".gateway", settings.State);
    }

    public void Dispose() => _folder.Dispose();
}
