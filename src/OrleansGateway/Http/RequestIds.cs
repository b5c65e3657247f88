namespace OrleansGateway.Http;

/// <summary>
/// Names requests: <c>req_</c>, 10 letters or digits drawn at start, 10 that count up. Unique over programs and restarts by the drawn part (51 bits), cheap by
/// the counted one.
/// </summary>
internal sealed class RequestIds(Random random)
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int PartLength = 10;

    private readonly string _prefix = "req_" + string.Create(PartLength, random, static (part, random) =>
    {
        for (var at = 0; at < part.Length; at++) part[at] = Digits[random.Next(Digits.Length)];
    });

    private long _count;

    public string Next() => string.Create(_prefix.Length + PartLength, (_prefix, Interlocked.Increment(ref _count)), static (id, state) =>
    {
        var (prefix, count) = state;
        prefix.CopyTo(id);
        for (var at = id.Length - 1; at >= prefix.Length; at--)
        {
            (count, var digit) = Math.DivRem(count, Digits.Length);
            id[at] = Digits[(int)digit];
        }
    });
}
