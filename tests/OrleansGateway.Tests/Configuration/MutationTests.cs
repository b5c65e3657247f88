using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Configuration;

/// <summary>A good file damaged at random is either still valid, and then compiles, or has a fault with a place. Nothing throws; nothing secret shows.</summary>
public sealed class MutationTests
{
    private const int Rounds = 500;
    private const string Punctuation = "{}[]:,-#&*!|>'\"%@`?\t\n ~$0a\u00e9\u0001";

    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)] // 2,000 files in all; a failure names its seed
    public void Read_OfLinesDeletedReplacedOrDoubled_AlwaysAnswers(int seed) => ReadDamaged(seed, DamageLines);

    [Theory]
    [InlineData(5)] [InlineData(6)] [InlineData(7)] [InlineData(8)]
    public void Read_OfCharactersChanged_AlwaysAnswers(int seed) => ReadDamaged(seed, DamageCharacters);

    private static void ReadDamaged(int seed, Func<Random, string, string> damage)
    {
        using var folder = new TestFolder();
        var random = new Random(seed);
        var (valid, faulty) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var yaml = damage(random, TestFolder.Good);
            var reading = folder.Read(yaml);
            if (reading.Settings is { } settings)
            {
                valid++;
                Assert.Empty(reading.Faults);
                Snapshot.Compile(settings, round, yaml);
                continue;
            }

            faulty++;
            Assert.NotEmpty(reading.Faults);
            Assert.All(reading.Faults, f => Assert.True(f.Line >= 1 && f.Column >= 1 && f.Message.Length > 0, $"round {round}: {f}"));
            Assert.DoesNotContain(reading.Faults, f => f.Message.Contains(TestFolder.OpenAIKey, StringComparison.Ordinal));
            Assert.DoesNotContain(reading.Faults, f => f.Message.Contains(TestFolder.KeySecret, StringComparison.Ordinal));
        }

        Assert.True(valid > 0 && faulty > 0, $"{valid} valid, {faulty} faulty: the damage is no test");
    }

    private static string DamageLines(Random random, string yaml)
    {
        var lines = yaml.Split('\n').ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var (at, other) = (random.Next(lines.Count), lines[random.Next(lines.Count)]);
            switch (random.Next(3))
            {
                case 0: lines.RemoveAt(at); break;
                case 1: lines[at] = other; break;
                default: lines.Insert(at, other); break;
            }
        }

        return string.Join('\n', lines);
    }

    private static string DamageCharacters(Random random, string yaml)
    {
        var text = yaml.ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(text.Count);
            if (random.Next(2) == 0) text.RemoveAt(at);
            else text.Insert(at, Punctuation[random.Next(Punctuation.Length)]);
        }

        return string.Concat(text);
    }
}
