namespace OrleansGateway.Upstream;

/// <summary>An answer whose head has come and whose body is read as it comes. Disposing of it before its end closes the connection.</summary>
internal abstract class UpstreamResponse : IAsyncDisposable
{
    public abstract int Status { get; }

    /// <summary>First value of a header of the answer, content headers included; none if it is not there.</summary>
    public abstract string? Header(string name);

    /// <summary>How many fields the head has. A field that came on several lines counts for each.</summary>
    public abstract int FieldCount { get; }

    /// <summary>A field of the head, in the order in which they came; those of the connection too (RFC 9110 §7.6.1).</summary>
    public abstract KeyValuePair<string, string> Field(int index);

    /// <summary>The version it came in, as <c>Via</c> names it: <c>1.1</c>, <c>2</c> or <c>3</c>.</summary>
    public abstract string Version { get; }

    /// <summary>
    /// Reads what has come, at least one byte; 0 at the proper end. An end that is not proper (a length not reached, a chunked body without its last
    /// chunk) throws <see cref="UpstreamException"/>.
    /// </summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation);

    /// <summary>Fields that followed the body; none before its end.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, string>> Trailers { get; }

    /// <summary>After 101: the connection, both ways, in the protocol that was asked for. What is read may begin with bytes that came with the head.</summary>
    public virtual Stream Upgraded => throw new InvalidOperationException("The upstream did not change the protocol.");

    /// <summary>After 101: says that nothing more will be written to <see cref="Upgraded"/>, which can be read on.</summary>
    public virtual ValueTask CompleteWritesAsync() => throw new InvalidOperationException("The upstream did not change the protocol.");

    /// <summary>
    /// Says that the answer is over by its own word, before its end was read. What is left of its framing may then be awaited once it is disposed of, and the
    /// connection be used again.
    /// </summary>
    public virtual void ExpectNoMore()
    {
    }

    public abstract ValueTask DisposeAsync();
}
