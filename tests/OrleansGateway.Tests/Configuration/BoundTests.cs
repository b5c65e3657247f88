namespace OrleansGateway.Tests.Configuration;

/// <summary>The last value allowed is taken and the next refused.</summary>
public sealed class BoundTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData("weight: 3", "weight: 0", "weight: -1")]
    [InlineData("weight: 3", "weight: 1000000", "weight: 1000001")]
    [InlineData("delay: 20ms", "delay: 1h", "delay: 1h1ms")]
    [InlineData("connect: 2s", "connect: 10ms", "connect: 9ms")]
    [InlineData("connect: 2s", "total: 1d", "total: 1d1ms")]
    [InlineData("connect: 2s", "idle: 10m", "idle: 10m1ms")] // the default total
    [InlineData("status: 503", "status: 599", "status: 600")]
    [InlineData("tenants:\n", "limits: { request_body_max: 1KiB }\ntenants:\n", "limits: { request_body_max: 1023 }\ntenants:\n")]
    [InlineData("tenants:\n", "limits: { request_body_max: 1073741824 }\ntenants:\n", "limits: { request_body_max: 1073741825 }\ntenants:\n")]
    [InlineData("secret: file:app-key", "secret: 01234567890123456789", "secret: 0123456789012345678")]
    [InlineData("cost-centre: \"4711\"", "cost-centre: {256}", "cost-centre: {257}")]
    [InlineData("cost-centre: \"4711\"", "{64}: x", "{65}: x")]
    [InlineData("model: gpt-4.1-mini", "model: {200}", "model: {201}")]
    [InlineData("keys:\n", "  {64}: {}\nkeys:\n", "  {65}: {}\nkeys:\n")]
    public void Read_AtTheBound_TakesTheLastAllowedAndRefusesTheNext(string old, string allowed, string refused)
    {
        Assert.Empty(_folder.FaultsOf(With(old, allowed)));
        Assert.Single(_folder.FaultsOf(With(old, refused)));
    }

    [Theory]
    [InlineData(16, 0)]
    [InlineData(17, 1)]
    public void Read_OfManyEntries_TakesAsManyAsAllowed(int count, int faults)
    {
        var labels = string.Join(", ", Enumerable.Range(0, count).Select(i => $"l{i}: x"));
        Assert.Equal(faults, _folder.FaultsOf(With("metadata:\n      cost-centre: \"4711\"", $"metadata: {{ {labels} }}")).Length);
        var targets = string.Concat(Enumerable.Range(0, count).Select(i => $"\n      - {{ provider: fake, model: m{i} }}"));
        Assert.Equal(faults, _folder.FaultsOf(With("    fallbacks:\n      - provider: fake", $"    fallbacks:{targets}")).Length);
    }

    [Fact]
    public void Read_WhenAllWeightsAreZero_TakesIt() =>
        Assert.Empty(_folder.FaultsOf(With("    fallbacks:\n", "        weight: 0\n    fallbacks:\n").Replace("weight: 3", "weight: 0", StringComparison.Ordinal)));

    [Fact]
    public void Read_WhenThereIsNoApiKey_TakesACredentialAsAHeader() =>
        Assert.Empty(_folder.FaultsOf(With("    api_key: ${OPENAI_KEY}\n", "").Replace("x-team: core", "authorization: Basic x", StringComparison.Ordinal)));

    [Fact]
    public void Read_WhenATotalIsShort_DoesNotBlameTheDefaultsAboveIt() => Assert.Empty(_folder.FaultsOf(With("connect: 2s", "total: 1s")));

    [Fact]
    public void Read_WhenLinesEndAsOnWindows_TakesIt() =>
        Assert.Empty(_folder.FaultsOf(TestFolder.Good.ReplaceLineEndings("\r\n")));

    /// <summary>The sample with one piece replaced; <c>{n}</c> stands for a text of n characters.</summary>
    private static string With(string old, string changed)
    {
        Assert.Contains(old, TestFolder.Good, StringComparison.Ordinal);
        foreach (var length in new[] { 64, 65, 200, 201, 256, 257 }) changed = changed.Replace($"{{{length}}}", new string('x', length), StringComparison.Ordinal);
        return TestFolder.Good.Replace(old, changed, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
