using System.Net.Http.Headers;
using System.Runtime.CompilerServices;

namespace OrleansGateway.Upstream;

/// <summary>An answer by the platform's client.</summary>
internal sealed class HttpUpstreamResponse(HttpUpstreamMessage request, HttpResponseMessage response) : UpstreamResponse
{
    private Stream? _body;
    private List<KeyValuePair<string, string>>? _fields;

    public override int Status => (int)response.StatusCode;

    public override int FieldCount => Fields.Count;

    public override string Version => response.Version.Major switch { 2 => "2", 3 => "3", _ => "1.1" };

    public override IReadOnlyList<KeyValuePair<string, string>> Trailers => Flat(response.TrailingHeaders.NonValidated);

    /// <summary>By way of a proxy only; elsewhere upgrades are our own client's.</summary>
    public override Stream Upgraded => Status == 101 ? _body ??= response.Content.ReadAsStream() : base.Upgraded;

    private List<KeyValuePair<string, string>> Fields => _fields ??= [.. Flat(response.Headers.NonValidated), .. Flat(response.Content.Headers.NonValidated)];

    /// <summary>Nothing to do: the platform closes only both ways at once.</summary>
    public override ValueTask CompleteWritesAsync() => Status == 101 ? default : base.CompleteWritesAsync();

    public override string? Header(string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) || response.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? values.FirstOrDefault()
            : null;

    public override KeyValuePair<string, string> Field(int index) => Fields[index];

    // Waits once for nearly every event of a stream; pooled, the wait allocates nothing of ours.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            _body ??= await response.Content.ReadAsStreamAsync(cancellation);
            return await _body.ReadAsync(buffer, cancellation);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw request.BodyFault ?? new UpstreamException("it broke off in the middle of its answer", broken);
        }
    }

    public override ValueTask DisposeAsync()
    {
        response.Dispose();
        return request.DisposeAsync();
    }

    private static List<KeyValuePair<string, string>> Flat(HttpHeadersNonValidated headers) =>
        [.. headers.SelectMany(field => field.Value.Select(value => new KeyValuePair<string, string>(field.Key, value)))];
}
