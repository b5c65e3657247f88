using OrleansGateway.Models;
using OrleansGateway.Models.Anthropic;

namespace OrleansGateway.Tests.Models;

/// <summary>However parallel calls are mixed, each comes out whole, one after the other.</summary>
public sealed class ToolCallOrderTests
{
    [Theory]
    [InlineData(1)] [InlineData(2)] [InlineData(3)] [InlineData(4)] [InlineData(5)] [InlineData(6)] [InlineData(7)] [InlineData(8)]
    public void Take_OfCallsMixedInAnyWay_GivesEachWholeInTurn(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var arguments = Enumerable.Range(0, random.Next(1, 5)).Select(i => $$"""{"n":{{i}},"s":"}\"{{new string('x', random.Next(9))}}"}""").ToArray();
            Assert.Equal(arguments, Run(Mix(arguments, random)));
        }
    }

    [Fact]
    public void Take_OfTheNextCallOnceTheArgumentsAreWhole_DoesNotHoldItBack()
    {
        var order = new ToolCallOrder();
        List<ChatEvent> said = [.. order.Take(new ChatEvent.ToolCallStart(0, "c0", "f")), .. order.Take(new ChatEvent.ToolCallArguments(0, "{}"))];
        Assert.Equal(2, said.Count);
        Assert.Equal([new ChatEvent.ToolCallEnd(0), new ChatEvent.ToolCallStart(1, "c1", "g")], order.Take(new ChatEvent.ToolCallStart(1, "c1", "g")));
    }

    private static List<ChatEvent> Mix(string[] arguments, Random random)
    {
        var (steps, given) = (new List<ChatEvent>(), new int[arguments.Length]);
        var started = 0;
        while (started < arguments.Length || given.Where((g, i) => g < arguments[i].Length).Any())
        {
            if (started < arguments.Length && (started == 0 || random.Next(6) == 0))
            {
                steps.Add(new ChatEvent.ToolCallStart(started, $"call_{started}", "f"));
                started++;
            }

            var call = random.Next(started);
            var length = Math.Min(random.Next(1, 6), arguments[call].Length - given[call]);
            if (length == 0) continue;
            steps.Add(new ChatEvent.ToolCallArguments(call, arguments[call].Substring(given[call], length)));
            given[call] += length;
        }

        steps.AddRange(Enumerable.Range(0, arguments.Length).Select(i => new ChatEvent.ToolCallEnd(i)));
        return steps;
    }

    /// <summary>The arguments of each call, while checking that no two calls are open at once.</summary>
    private static List<string> Run(List<ChatEvent> steps)
    {
        var (order, calls, open) = (new ToolCallOrder(), new List<string>(), (int?)null);
        foreach (var step in steps.SelectMany(order.Take).Concat(order.Finish()))
        {
            switch (step)
            {
                case ChatEvent.ToolCallStart start:
                    Assert.Null(open);
                    Assert.Equal(calls.Count, start.Index);
                    open = start.Index;
                    calls.Add("");
                    break;
                case ChatEvent.ToolCallArguments piece:
                    Assert.Equal(open, piece.Index);
                    calls[^1] += piece.Fragment;
                    break;
                case ChatEvent.ToolCallEnd end:
                    Assert.Equal(open, end.Index);
                    open = null;
                    break;
            }
        }

        Assert.Null(open);
        return calls;
    }
}
