using System.Buffers;
using OrleansGateway.Http;
using OrleansGateway.Leases;
using OrleansGateway.Prices;

namespace OrleansGateway.Usage;

/// <summary>
/// Records as bytes: a version, and those fields that say something (<see cref="UsageField"/>), each with its number and form, so that an older program goes over what a newer one
/// has added. 250 to 500 bytes for a usual record.
/// </summary>
internal static class UsageRecordCodec
{
    /// <summary>Characters of a text that are kept; what is longer is cut. Names of accounts are never cut. Clients name models, and no name may fill the disk.</summary>
    public const int TextMax = 1_024;

    private const byte Version = 1;
    private const int NumbersMax = 41;
    private const int TextsMax = 17;

    private static readonly Dialect s_lastDialect = Enum.GetValues<Dialect>().Max();
    private static readonly CallOutcome s_lastOutcome = Enum.GetValues<CallOutcome>().Max();

    /// <summary>Most bytes that the record can take.</summary>
    public static int LengthMax(UsageRecord record)
    {
        var characters = Kept(record.RequestId) + Kept(record.Tenant) + Kept(record.Team) + Kept(record.User) + Kept(record.Key) + Kept(record.Route) + Kept(record.Operation)
            + Kept(record.Model) + Kept(record.Provider) + Kept(record.TargetModel) + Kept(record.ResponseModel) + Kept(record.UpstreamRequestId) + Kept(record.PriceVersion)
            + Kept(record.ServiceTier) + Kept(record.ConfigVersion) + Kept(record.FinishReason) + Kept(record.Error);
        var texts = TextsMax;
        for (var i = 0; i < record.Charges.Count; i++, texts += 4) characters += record.Charges[i].Account.Rule.Length + record.Charges[i].Account.Scope.Length;
        for (var i = 0; i < record.Tags.Count; i++, texts++) characters += Kept(record.Tags[i]);
        for (var i = 0; i < record.Metadata.Count; i++, texts += 3) characters += Kept(record.Metadata[i].Key) + Kept(record.Metadata[i].Value);
        return 1 + (3 * UsageFieldWriter.IdLength) + (NumbersMax * UsageFieldWriter.NumberLengthMax) + (texts * UsageFieldWriter.TextLengthMax(0)) + (3 * characters);
    }

    public static void Write(UsageRecord record, IBufferWriter<byte> to) => to.Advance(Write(record, to.GetSpan(LengthMax(record))));

    /// <summary>Writes it to where there is room for <see cref="LengthMax"/>; answers its length.</summary>
    public static int Write(UsageRecord record, Span<byte> to)
    {
        var writer = new UsageFieldWriter(to);
        writer.Version(Version);
        WriteWhat(ref writer, record);
        WriteWho(ref writer, record);
        WriteTokens(ref writer, record.Tokens);
        WriteCost(ref writer, record.Cost);
        writer.Number(UsageField.Billed, record.Billed);
        WriteCourse(ref writer, record);
        WriteLists(ref writer, record);
        return writer.Length;
    }

    /// <summary>Reads one. Throws <see cref="InvalidDataException"/>, and nothing else, if the bytes are none.</summary>
    public static UsageRecord Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) throw UsageFieldReader.Invalid("is empty");
        if (bytes[0] != Version) throw UsageFieldReader.Invalid($"has version {bytes[0]}, and this program knows version {Version}");
        Span<UsageFields.Place> places = stackalloc UsageFields.Place[UsageFields.Count];
        places.Clear();
        var fields = new UsageFields(bytes[1..], places);
        return ReadRecord(fields);
    }

    private static void WriteWhat(ref UsageFieldWriter to, UsageRecord record)
    {
        to.Id(UsageField.Id, record.Id);
        to.Number(UsageField.Kind, (long)record.Kind);
        to.Id(UsageField.Corrects, record.Corrects ?? Guid.Empty);
        to.Number(UsageField.At, record.At.UtcTicks);
        to.Text(UsageField.RequestId, Cut(record.RequestId));
        to.Number(UsageField.Attempt, record.Attempt);
        to.Number(UsageField.IsLast, record.IsLast ? 1 : 0);
        to.Id(UsageField.Edge, record.Edge);
        to.Text(UsageField.Operation, Cut(record.Operation));
        to.Number(UsageField.Dialect, (long)record.Dialect);
        to.Number(UsageField.IsStream, record.IsStream ? 1 : 0);
        to.Text(UsageField.Model, Cut(record.Model));
        to.Text(UsageField.Provider, Cut(record.Provider));
        to.Text(UsageField.TargetModel, Cut(record.TargetModel));
        to.Text(UsageField.ResponseModel, Cut(record.ResponseModel));
        to.Text(UsageField.UpstreamRequestId, Cut(record.UpstreamRequestId));
        to.Text(UsageField.PriceVersion, Cut(record.PriceVersion));
        to.Text(UsageField.ServiceTier, Cut(record.ServiceTier));
        to.Text(UsageField.ConfigVersion, Cut(record.ConfigVersion));
    }

    private static void WriteWho(ref UsageFieldWriter to, UsageRecord record)
    {
        to.Text(UsageField.Tenant, Cut(record.Tenant));
        to.Text(UsageField.Team, Cut(record.Team));
        to.Text(UsageField.User, Cut(record.User));
        to.Text(UsageField.Key, Cut(record.Key));
        to.Text(UsageField.Route, Cut(record.Route));
    }

    private static void WriteTokens(ref UsageFieldWriter to, in TokenUsage tokens)
    {
        to.Number(UsageField.Input, tokens.Input);
        to.Number(UsageField.CacheRead, tokens.CacheRead);
        to.Number(UsageField.CacheWrite, tokens.CacheWrite);
        to.Number(UsageField.CacheWrite1h, tokens.CacheWrite1h);
        to.Number(UsageField.Output, tokens.Output);
        to.Number(UsageField.Reasoning, tokens.Reasoning);
        to.Number(UsageField.AudioInput, tokens.AudioInput);
        to.Number(UsageField.AudioOutput, tokens.AudioOutput);
        to.Number(UsageField.ImageInput, tokens.ImageInput);
        to.Number(UsageField.ImageOutput, tokens.ImageOutput);
        to.Number(UsageField.AudioCacheRead, tokens.AudioCacheRead);
        to.Number(UsageField.ImageCacheRead, tokens.ImageCacheRead);
        to.Number(UsageField.WebSearches, tokens.WebSearches);
    }

    private static void WriteCost(ref UsageFieldWriter to, in CostParts cost)
    {
        to.Number(UsageField.InputCost, cost.Input);
        to.Number(UsageField.CacheReadCost, cost.CacheRead);
        to.Number(UsageField.CacheWriteCost, cost.CacheWrite);
        to.Number(UsageField.OutputCost, cost.Output);
        to.Number(UsageField.ReasoningCost, cost.Reasoning);
        to.Number(UsageField.AudioCost, cost.Audio);
        to.Number(UsageField.ImageCost, cost.Image);
        to.Number(UsageField.ToolsCost, cost.Tools);
        to.Number(UsageField.RequestCost, cost.Request);
    }

    private static void WriteCourse(ref UsageFieldWriter to, UsageRecord record)
    {
        to.Number(UsageField.Source, (long)record.Source);
        to.Number(UsageField.Queued, record.Queued.Ticks);
        to.Number(UsageField.Connected, record.Connected.Ticks);
        if (record.ToFirstByte is { } first) to.NumberOrZero(UsageField.ToFirstByte, first.Ticks);
        to.Number(UsageField.Duration, record.Duration.Ticks);
        to.Number(UsageField.Status, record.Status);
        to.Text(UsageField.FinishReason, Cut(record.FinishReason));
        to.Text(UsageField.Error, Cut(record.Error));
        to.Number(UsageField.Outcome, (long)record.Outcome);
        to.Number(UsageField.Cache, (long)record.Cache);
        to.Number(UsageField.SavedTokens, record.SavedTokens);
        to.Number(UsageField.Saved, record.Saved);
        if (record.PromptHash is { } hash) to.NumberOrZero(UsageField.PromptHash, hash);
    }

    // By index: an enumerator of an interface would be an allocation for each list.
    private static void WriteLists(ref UsageFieldWriter to, UsageRecord record)
    {
        for (var i = 0; i < record.Charges.Count; i++)
        {
            var (account, period, amount) = record.Charges[i];
            var at = to.Open(UsageField.Charge);
            to.Part(account.Rule);
            to.Part(account.Scope);
            to.Signed(period);
            to.Signed(amount);
            to.CloseAt(at);
        }

        for (var i = 0; i < record.Tags.Count; i++) to.Text(UsageField.Tag, Cut(record.Tags[i]));
        for (var i = 0; i < record.Metadata.Count; i++)
        {
            var (name, value) = record.Metadata[i];
            var at = to.Open(UsageField.Metadata);
            to.Part(Cut(name)!);
            to.Part(Cut(value)!);
            to.CloseAt(at);
        }
    }

    private static UsageRecord ReadRecord(in UsageFields fields) => new()
    {
        Id = fields.Has(UsageField.Id) ? fields.Id(UsageField.Id) : throw UsageFieldReader.Invalid("has no id"),
        Kind = (UsageKind)fields.UpTo(UsageField.Kind, (int)UsageKind.Evidence),
        Corrects = fields.Has(UsageField.Corrects) ? fields.Id(UsageField.Corrects) : null,
        At = Instant(fields.Number(UsageField.At)),
        RequestId = fields.Text(UsageField.RequestId) ?? throw UsageFieldReader.Invalid("has no id of a request"),
        Attempt = fields.Int32(UsageField.Attempt),
        IsLast = fields.Number(UsageField.IsLast) != 0,
        Edge = fields.Id(UsageField.Edge),
        Tenant = fields.Text(UsageField.Tenant),
        Team = fields.Text(UsageField.Team),
        User = fields.Text(UsageField.User),
        Key = fields.Text(UsageField.Key),
        Route = fields.Text(UsageField.Route),
        Operation = fields.Text(UsageField.Operation),
        Dialect = (Dialect)fields.UpTo(UsageField.Dialect, (int)s_lastDialect),
        IsStream = fields.Number(UsageField.IsStream) != 0,
        Model = fields.Text(UsageField.Model),
        Provider = fields.Text(UsageField.Provider),
        TargetModel = fields.Text(UsageField.TargetModel),
        ResponseModel = fields.Text(UsageField.ResponseModel),
        UpstreamRequestId = fields.Text(UsageField.UpstreamRequestId),
        Tokens = ReadTokens(fields),
        Source = (UsageSource)fields.UpTo(UsageField.Source, (int)UsageSource.Bound),
        Cost = ReadCost(fields),
        Billed = fields.Number(UsageField.Billed),
        PriceVersion = fields.Text(UsageField.PriceVersion),
        ServiceTier = fields.Text(UsageField.ServiceTier),
        ConfigVersion = fields.Text(UsageField.ConfigVersion),
        Charges = fields.Many(UsageField.Charge, static value => new UsageCharge(new AccountId(value.Part(), value.Part()), value.Signed(), value.Signed())),
        Queued = new TimeSpan(fields.Number(UsageField.Queued)),
        Connected = new TimeSpan(fields.Number(UsageField.Connected)),
        ToFirstByte = fields.Has(UsageField.ToFirstByte) ? new TimeSpan(fields.Number(UsageField.ToFirstByte)) : null,
        Duration = new TimeSpan(fields.Number(UsageField.Duration)),
        Status = fields.Int32(UsageField.Status),
        FinishReason = fields.Text(UsageField.FinishReason),
        Error = fields.Text(UsageField.Error),
        Outcome = (CallOutcome)fields.UpTo(UsageField.Outcome, (int)s_lastOutcome),
        Cache = (UsageCache)fields.UpTo(UsageField.Cache, (int)UsageCache.Hit),
        SavedTokens = fields.Number(UsageField.SavedTokens),
        Saved = fields.Number(UsageField.Saved),
        PromptHash = fields.Has(UsageField.PromptHash) ? fields.Number(UsageField.PromptHash) : null,
        Tags = fields.Many(UsageField.Tag, static value => value.Text()),
        Metadata = fields.Many(UsageField.Metadata, static value => KeyValuePair.Create(value.Part(), value.Part())),
    };

    private static TokenUsage ReadTokens(in UsageFields fields) => new()
    {
        Input = fields.Number(UsageField.Input),
        CacheRead = fields.Number(UsageField.CacheRead),
        CacheWrite = fields.Number(UsageField.CacheWrite),
        CacheWrite1h = fields.Number(UsageField.CacheWrite1h),
        Output = fields.Number(UsageField.Output),
        Reasoning = fields.Number(UsageField.Reasoning),
        AudioInput = fields.Number(UsageField.AudioInput),
        AudioOutput = fields.Number(UsageField.AudioOutput),
        ImageInput = fields.Number(UsageField.ImageInput),
        ImageOutput = fields.Number(UsageField.ImageOutput),
        AudioCacheRead = fields.Number(UsageField.AudioCacheRead),
        ImageCacheRead = fields.Number(UsageField.ImageCacheRead),
        WebSearches = fields.Number(UsageField.WebSearches),
    };

    private static CostParts ReadCost(in UsageFields fields) => new()
    {
        Input = fields.Number(UsageField.InputCost),
        CacheRead = fields.Number(UsageField.CacheReadCost),
        CacheWrite = fields.Number(UsageField.CacheWriteCost),
        Output = fields.Number(UsageField.OutputCost),
        Reasoning = fields.Number(UsageField.ReasoningCost),
        Audio = fields.Number(UsageField.AudioCost),
        Image = fields.Number(UsageField.ImageCost),
        Tools = fields.Number(UsageField.ToolsCost),
        Request = fields.Number(UsageField.RequestCost),
    };

    private static DateTimeOffset Instant(long ticks) =>
        ticks > 0 && ticks <= DateTimeOffset.MaxValue.UtcTicks ? new DateTimeOffset(ticks, TimeSpan.Zero) : throw UsageFieldReader.Invalid($"is of no time: {ticks}");

    private static int Kept(string? text) => text is null ? 0 : Math.Min(text.Length, TextMax);

    // Not between the halves of a surrogate pair.
    private static string? Cut(string? text)
    {
        if (text is null || text.Length <= TextMax) return text;
        return text[..(char.IsHighSurrogate(text[TextMax - 1]) ? TextMax - 1 : TextMax)];
    }
}
