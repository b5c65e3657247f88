namespace OrleansGateway.Configuration;

/// <summary>What tokens cost, by class, compiled: femto-dollars (10⁻¹⁵ USD) per token, which are nano-dollars per million, so that no price is rounded.</summary>
internal sealed record PriceRates
{
    public long Input { get; private init; }
    public long CacheRead { get; private init; }
    public long CacheWrite { get; private init; }
    public long CacheWrite1h { get; private init; }
    public long AudioInput { get; private init; }
    public long AudioCacheRead { get; private init; }
    public long ImageInput { get; private init; }
    public long ImageCacheRead { get; private init; }
    public long Output { get; private init; }
    public long Reasoning { get; private init; }
    public long AudioOutput { get; private init; }
    public long ImageOutput { get; private init; }

    /// <summary>Most that an input token costs, of whatever class.</summary>
    public long DearestInput { get; private init; }

    /// <summary>Most that an output token costs, of whatever class.</summary>
    public long DearestOutput { get; private init; }

    /// <summary>The rates of a price.</summary>
    public static PriceRates Of(TokenPrices stated)
    {
        var input = stated.Input?.Nanos ?? 0;
        var output = stated.Output?.Nanos ?? 0;
        var write = stated.CacheWrite?.Nanos ?? input;
        var audio = stated.AudioInput?.Nanos ?? input;
        var image = stated.ImageInput?.Nanos ?? input;
        return Bounded(new PriceRates
        {
            Input = input,
            CacheRead = stated.CachedInput?.Nanos ?? input,
            CacheWrite = write,
            CacheWrite1h = stated.CacheWrite1h?.Nanos ?? write,
            AudioInput = audio,
            AudioCacheRead = stated.CachedAudio?.Nanos ?? stated.CachedInput?.Nanos ?? audio,
            ImageInput = image,
            ImageCacheRead = stated.CachedImage?.Nanos ?? stated.CachedInput?.Nanos ?? image,
            Output = output,
            Reasoning = stated.Reasoning?.Nanos ?? output,
            AudioOutput = stated.AudioOutput?.Nanos ?? output,
            ImageOutput = stated.ImageOutput?.Nanos ?? output,
        });
    }

    /// <summary>The rates of a tier of it. What the tier leaves out costs what it does without; but a class that goes by another here goes by it there, too.</summary>
    public PriceRates With(TokenPrices tier)
    {
        var input = tier.Input?.Nanos ?? Input;
        var output = tier.Output?.Nanos ?? Output;
        var read = tier.CachedInput?.Nanos ?? Follow(CacheRead, Input, input);
        var write = tier.CacheWrite?.Nanos ?? Follow(CacheWrite, Input, input);
        var audio = tier.AudioInput?.Nanos ?? Follow(AudioInput, Input, input);
        var image = tier.ImageInput?.Nanos ?? Follow(ImageInput, Input, input);
        return Bounded(new PriceRates
        {
            Input = input,
            CacheRead = read,
            CacheWrite = write,
            CacheWrite1h = tier.CacheWrite1h?.Nanos ?? Follow(CacheWrite1h, CacheWrite, write),
            AudioInput = audio,
            AudioCacheRead = tier.CachedAudio?.Nanos ?? (AudioCacheRead == CacheRead ? read : Follow(AudioCacheRead, AudioInput, audio)),
            ImageInput = image,
            ImageCacheRead = tier.CachedImage?.Nanos ?? (ImageCacheRead == CacheRead ? read : Follow(ImageCacheRead, ImageInput, image)),
            Output = output,
            Reasoning = tier.Reasoning?.Nanos ?? Follow(Reasoning, Output, output),
            AudioOutput = tier.AudioOutput?.Nanos ?? Follow(AudioOutput, Output, output),
            ImageOutput = tier.ImageOutput?.Nanos ?? Follow(ImageOutput, Output, output),
        });
    }

    /// <summary>A share of all rates, rounded up.</summary>
    public PriceRates Times(Quantity percent)
    {
        return Bounded(new PriceRates
        {
            Input = Of(Input), CacheRead = Of(CacheRead), CacheWrite = Of(CacheWrite), CacheWrite1h = Of(CacheWrite1h),
            AudioInput = Of(AudioInput), AudioCacheRead = Of(AudioCacheRead), ImageInput = Of(ImageInput), ImageCacheRead = Of(ImageCacheRead),
            Output = Of(Output), Reasoning = Of(Reasoning), AudioOutput = Of(AudioOutput), ImageOutput = Of(ImageOutput),
        });

        long Of(long rate) => Share(rate, percent);
    }

    /// <summary>A share of an amount, rounded up.</summary>
    public static long Share(long amount, Quantity percent)
    {
        const long Whole = 100 * Quantity.Nano;
        return (long)Int128.Min(long.MaxValue, ((Int128)amount * percent.Nanos + Whole - 1) / Whole);
    }

    private static long Follow(long mine, long leader, long leaderThere) => mine == leader ? leaderThere : mine;

    private static PriceRates Bounded(PriceRates rates) => rates with
    {
        DearestInput = Math.Max(
            Math.Max(Math.Max(rates.Input, rates.CacheRead), Math.Max(rates.CacheWrite, rates.CacheWrite1h)),
            Math.Max(Math.Max(rates.AudioInput, rates.AudioCacheRead), Math.Max(rates.ImageInput, rates.ImageCacheRead))),
        DearestOutput = Math.Max(Math.Max(rates.Output, rates.Reasoning), Math.Max(rates.AudioOutput, rates.ImageOutput)),
    };
}
