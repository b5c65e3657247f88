using OrleansGateway.Configuration;

namespace OrleansGateway.Routing;

/// <summary>The order in which a model's targets are tried: drawn by weight without putting back, then the fallbacks as listed.</summary>
internal static class TargetOrder
{
    public static Target[] Draw(Model model, Random random)
    {
        var order = new Target[model.Targets.Length + model.Fallbacks.Length];
        model.Targets.CopyTo(order, 0);
        model.Fallbacks.CopyTo(order, model.Targets.Length);
        var drawn = order.AsSpan(0, model.Targets.Length);
        for (; drawn.Length > 1; drawn = drawn[1..])
        {
            var chosen = DrawOne(drawn, random);
            var target = drawn[chosen];
            // The others keep their order: targets of weight 0 come as they are listed.
            drawn[..chosen].CopyTo(drawn[1..]);
            drawn[0] = target;
        }

        return order;
    }

    private static int DrawOne(ReadOnlySpan<Target> targets, Random random)
    {
        var total = 0L;
        foreach (var target in targets) total += target.Weight;
        if (total == 0) return 0;
        var point = random.NextInt64(total);
        var at = 0;
        while ((point -= targets[at].Weight) >= 0) at++;
        return at;
    }
}
