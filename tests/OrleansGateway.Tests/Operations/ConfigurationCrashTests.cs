using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace OrleansGateway.Tests.Operations;

/// <summary>A gateway that is killed while a configuration is being applied: the file is the old one or the new one, and what was noted agrees with it.</summary>
public sealed class ConfigurationCrashTests : IDisposable
{
    private readonly OperationsFolder _folder = new();
    private readonly HttpClient _client = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = 180_000)]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] // a failure names its seed
    public async Task Kill_AtAnyMomentOfAnApply_LeavesOneConfigurationWholeAndNotedAsItIs(int seed)
    {
        var random = new Random(seed);
        var (text, number, acknowledged) = (await File.ReadAllTextAsync(_folder.PathOf("gateway.yaml"), Cancel), 0, new List<string>());
        for (var round = 0; round < 3; round++)
        {
            await using var gateway = await GatewayProcess.ServeAsync(_folder.Path, Cancel);
            for (var whole = random.Next(3); whole > 0; whole--) acknowledged.Add((await PutAsync(gateway, text = NextText()))!);
            var next = NextText();
            var put = PutAsync(gateway, next);
            // Somewhere between before the call arrives and after it was answered.
            Thread.SpinWait(random.Next(3_000_000));
            await gateway.KillAsync(Cancel);
            var left = await File.ReadAllTextAsync(_folder.PathOf("gateway.yaml"), Cancel);
            if (await put is { } version)
            {
                acknowledged.Add(version);
                Assert.Equal(next, left);
            }

            Assert.Contains(left, (string[])[text, next]);
            text = left;
        }

        await using var last = await GatewayProcess.ServeAsync(_folder.Path, Cancel);
        await CheckNotesAsync(last, acknowledged);

        // Long enough that it takes more than one write.
        string NextText() => OperationsFolder.Yaml(null, $"drain_timeout: {++number}s\n" + string.Concat(Enumerable.Repeat($"# {new string('x', 1000)}\n", 200)));
    }

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    /// <summary>The version that was answered; none if the gateway died before.</summary>
    private async Task<string?> PutAsync(GatewayProcess gateway, string text)
    {
        using var request = Request(gateway, HttpMethod.Put, "/config");
        request.Content = new StringContent(text, Encoding.UTF8, "application/yaml");
        request.Headers.TryAddWithoutValidation("If-Match", "*");
        try
        {
            using var response = await _client.SendAsync(request, Cancel);
            var body = await response.Content.ReadAsStringAsync(Cancel);
            Assert.True(response.IsSuccessStatusCode, body);
            return JsonElement.Parse(body).GetProperty("version").GetString();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private async Task CheckNotesAsync(GatewayProcess gateway, List<string> acknowledged)
    {
        var running = (await GetAsync(gateway, "/config")).GetProperty("version").GetString();
        var history = Texts((await GetAsync(gateway, "/config/history")).GetProperty("versions"), "version");
        Assert.Equal(running, history[0]);
        Assert.All(acknowledged, version => Assert.Contains(version, history));
        var audit = (await GetAsync(gateway, "/audit?action=config.&limit=1000")).GetProperty("records");
        Assert.Equal(history, Texts(audit, "target"));
        Assert.True((await GetAsync(gateway, "/audit/verify")).GetProperty("valid").GetBoolean());
        Assert.Equal(await TextAsync(gateway, "/config/document"), await TextAsync(gateway, $"/config/history?version={running}"));

        static string?[] Texts(JsonElement list, string field) => [.. list.EnumerateArray().Select(e => e.GetProperty(field).GetString())];
    }

    private async Task<JsonElement> GetAsync(GatewayProcess gateway, string path) => JsonElement.Parse(await TextAsync(gateway, path));

    private async Task<string> TextAsync(GatewayProcess gateway, string path)
    {
        using var request = Request(gateway, HttpMethod.Get, path);
        using var response = await _client.SendAsync(request, Cancel);
        var body = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, body);
        return body;
    }

    private HttpRequestMessage Request(GatewayProcess gateway, HttpMethod method, string path) => new(method, new Uri(gateway.Admin, "/admin/v1" + path))
    {
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(_folder.PathOf(".gateway/admin-token")).Trim()) },
    };
}
