using OrleansGateway.Upstream;

namespace OrleansGateway.Caching.Models;

/// <summary>A provider's answer that more than one may read, as one of them reads it.</summary>
/// <param name="head">The answer's head.</param>
/// <param name="reader">Reads its body, as it comes.</param>
/// <param name="ended">Awaited when this reader has ended, with whether it had seen the answer's own end; none for one who may just leave.</param>
internal sealed class SharedResponse(SharedHead head, FillReader reader, Func<bool, ValueTask>? ended) : UpstreamResponse
{
    private bool _isWhole;
    private bool _isDisposed;

    public override int Status => head.Status;

    public override int FieldCount => head.Fields.Count;

    public override string Version => head.Version;

    public override IReadOnlyList<KeyValuePair<string, string>> Trailers => [];

    public override string? Header(string name) => head.Header(name);

    public override KeyValuePair<string, string> Field(int index) => head.Fields[index];

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            var next = await reader.NextAsync(cancellation);
            var bytes = Math.Min(next.Length, buffer.Length);
            next[..bytes].CopyTo(buffer);
            reader.Took(bytes);
            _isWhole |= bytes == 0;
            return bytes;
        }
        catch (IOException broken)
        {
            throw broken.InnerException as UpstreamException ?? new UpstreamException(broken.Message, broken);
        }
    }

    public override void ExpectNoMore() => _isWhole = true;

    public override async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        reader.Dispose();
        if (ended is not null) await ended(_isWhole);
    }
}

/// <summary>The head of an answer that more than one may read.</summary>
internal sealed record SharedHead(int Status, string Version, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    public static SharedHead Of(UpstreamResponse response)
    {
        var fields = new KeyValuePair<string, string>[response.FieldCount];
        for (var i = 0; i < fields.Length; i++) fields[i] = response.Field(i);
        return new SharedHead(response.Status, response.Version, fields);
    }

    /// <summary>First value of a field; none if it is not there.</summary>
    public string? Header(string name)
    {
        foreach (var (field, value) in Fields)
        {
            if (field.Equals(name, StringComparison.OrdinalIgnoreCase)) return value;
        }

        return null;
    }
}
