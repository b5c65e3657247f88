using OrleansGateway.Limits;
using OrleansGateway.Tests.Configuration;

namespace OrleansGateway.Tests.Limits;

/// <summary>What docs/limits.md shows can be written so: each example, with the other sections that a configuration needs, has no fault.</summary>
public sealed class LimitGuideTests
{
    private static readonly Dictionary<string, string> Others = new()
    {
        ["tenants"] = "{ acme: {} }",
        ["keys"] = "{ app: { tenant: acme, secret: 0123456789-0123456789 } }",
        ["providers"] = "{ fake: { kind: fake, prices: { '*': { input: 1, output: 2 } } } }",
        ["models"] = "{ small: { targets: [ { provider: fake } ] }, gpt-4.1-mini: { targets: [ { provider: fake } ] } }",
        ["upstreams"] = "{ shop: { targets: [ { url: 'http://127.0.0.1:1' } ] } }",
        ["routes"] = "{ default: { path: / }, shop: { path: /shop/, upstream: shop } }",
    };

    public static TheoryData<int> Examples => [.. Enumerable.Range(0, Blocks().Length)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_OfTheGuide_HasNoFault(int number)
    {
        using var folder = new TestFolder();
        var example = Blocks()[number];
        var rest = Others.Where(o => !example.Contains($"{o.Key}:\n", StringComparison.Ordinal) && !example.Contains($"{o.Key}: {{", StringComparison.Ordinal));
        var reading = folder.Read(string.Concat(rest.Select(o => $"{o.Key}: {o.Value}\n")) + example);
        Assert.Empty(reading.Faults);
        var rules = new RuleTable(reading.Settings!, new AccountBook(), RuleBed.Now).Rules;
        Assert.Equal(reading.Settings!.RateLimits.Count + reading.Settings.Budgets.Count, rules.Count);
    }

    [Fact]
    public void Examples_OfTheGuide_AreFound() => Assert.Equal(9, Blocks().Length);

    private static string[] Blocks() => [.. File.ReadAllText(Repository.PathOf("docs/limits.md")).Split("```yaml\n").Skip(1).Select(b => b.Split("```")[0])];
}
