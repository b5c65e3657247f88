namespace OrleansGateway.Configuration;

/// <summary>
/// Stores the answers of models, and gives them to later calls that ask a provider for exactly the same. What is given from here costs nothing and is charged to no
/// budget; limits of requests count it all the same.
/// </summary>
public sealed record ModelCacheSettings
{
    /// <summary>How long an answer is given, where the call does not say (<c>x-cache-ttl</c>). 1 s to 30 days; default 1 hour.</summary>
    [ShortForm]
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan Ttl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Most that a call may ask for with <c>x-cache-ttl</c>; what is more is cut to it. 1 s to 30 days; default 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan TtlMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Who shares an answer: <c>tenant</c>, the callers of one tenant; <c>user</c>, the calls of one user, or of one key where there is no user. Never more than a
    /// tenant. Default <c>tenant</c>.
    /// </summary>
    public ModelCacheScope Scope { get; init; }

    /// <summary>
    /// Whether calls are cached too whose answer is drawn at random: those with neither a <c>temperature</c> of 0 nor a <c>seed</c>, or with tools that the
    /// provider runs. Default false. With true, whoever asks twice in order to get another answer gets the same one.
    /// </summary>
    public bool Sampled { get; init; }

    /// <summary>
    /// Why the model may have stopped for its answer to be stored: <c>stop</c>, it was done; <c>length</c>, at the most tokens that the call allows;
    /// <c>tool_calls</c>, to have tools called. Default <c>["stop"]</c>. With <c>tool_calls</c> an agent may be told to do again what it has done before.
    /// </summary>
    [MinLength(1)]
    [MaxLength(3)]
    public IReadOnlyList<StoredFinish> FinishReasons { get; init; } = [StoredFinish.Stop];

    /// <summary>How a stored stream is given: <c>at_once</c>, or in its <c>original</c> pace, pauses of more than 5 s cut to that. Default <c>at_once</c>.</summary>
    public StreamPacing Pacing { get; init; }

    /// <summary>Largest answer that is stored, as the provider sends it. 1 KiB to 64 MiB; default 1 MiB. A call whose answer is larger is passed on.</summary>
    [Range(typeof(ByteSize), "1KiB", "64MiB")]
    public ByteSize EntryMax { get; init; } = ByteSize.FromMebibytes(1);

    /// <summary>
    /// Tags that answers are stored with besides <c>model:NAME</c> and those of <c>x-cache-tags</c>, by which they can be purged. Placeholders: <c>{model}</c>,
    /// <c>{route}</c>, <c>{team}</c>, <c>{user}</c>, and <c>{metadata.NAME}</c> for what the call says in <c>metadata</c> or <c>x-gateway-metadata</c>: a list,
    /// separated by commas, makes a tag of each. A tag is left out where there is no value. Default: none.
    /// </summary>
    [MaxLength(16)]
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>
    /// Names the rules that answers are made under and that the gateway does not know of, such as a guardrail behind it: with another name nothing stored before is
    /// found. At most 64 characters; default none.
    /// </summary>
    public string PolicyVersion { get; init; } = "";

    /// <summary>
    /// What is done while the gateway may have missed an invalidation, because it has not heard of late from where they are numbered: <c>pass</c>, the provider is asked;
    /// <c>serve</c>, what is stored is given, with <c>detail=suspect</c> in <c>Cache-Status</c>. Default <c>pass</c>. A gateway on one machine is never in doubt.
    /// </summary>
    public ModelSuspectUse WhenSuspect { get; init; }

    /// <summary>
    /// What is made of a call's own <c>Cache-Control</c>, <c>x-cache-ttl</c> and <c>x-cache-tags</c>: <c>honour</c> does as they say, <c>ignore</c> does not. Default
    /// <c>honour</c>.
    /// </summary>
    public RequestDirectiveUse RequestDirectives { get; init; }
}

/// <summary>What is made of stored answers while invalidations may have been missed. No provider can confirm one.</summary>
public enum ModelSuspectUse
{
    /// <summary>Nothing: the provider is asked.</summary>
    Pass,

    /// <summary>They are given.</summary>
    Serve,
}

/// <summary>Who shares a model's answer.</summary>
public enum ModelCacheScope
{
    /// <summary>The callers of one tenant.</summary>
    Tenant,

    /// <summary>The calls of one user, or of one key.</summary>
    User,
}

/// <summary>Why a model stopped, as far as its answer may be stored.</summary>
public enum StoredFinish
{
    /// <summary>It was done, or wrote a stop sequence.</summary>
    Stop,

    /// <summary>It reached the most tokens allowed.</summary>
    Length,

    /// <summary>It calls tools.</summary>
    ToolCalls,
}

/// <summary>How a stored stream is given.</summary>
public enum StreamPacing
{
    /// <summary>As fast as the client takes it.</summary>
    AtOnce,

    /// <summary>With the pauses that it came with.</summary>
    Original,
}
