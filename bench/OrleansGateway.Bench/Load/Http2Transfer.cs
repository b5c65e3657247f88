using System.Net;
using System.Net.Http.Headers;

namespace OrleansGateway.Bench.Load;

/// <summary>One large body over HTTP/2, on a connection of its own.</summary>
internal sealed class Http2Transfer(Target target, long bytes, Pace pace)
{
    public async Task RunAsync(TransferDirection direction, CancellationToken cancellation)
    {
        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", target.Key);
        if (direction == TransferDirection.Upload) await UploadAsync(client, cancellation);
        else await DownloadAsync(client, cancellation);
    }

    private async Task UploadAsync(HttpClient client, CancellationToken cancellation)
    {
        using var content = new PatternContent(bytes, pace);
        using var answer = await client.PostAsync($"{target.Url}/upload", content, cancellation);
        Http1Transfer.Check(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellation), bytes);
    }

    private async Task DownloadAsync(HttpClient client, CancellationToken cancellation)
    {
        using var answer = await client.GetAsync($"{target.Url}/download?bytes={bytes}", HttpCompletionOption.ResponseHeadersRead, cancellation);
        await using var body = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[Pattern.PieceMax];
        var taken = 0L;
        while (await body.ReadAsync(buffer, cancellation) is var length and > 0)
        {
            if (!Pattern.IsAt(taken, buffer.AsSpan(0, length))) throw new InvalidDataException($"The content is not what was sent, after {taken} bytes.");
            taken += length;
            await pace.KeepAsync(taken, cancellation);
        }

        if (taken != bytes) throw new InvalidDataException($"The answer has {taken} bytes, not {bytes}.");
    }

    private sealed class PatternContent(long bytes, Pace pace) : HttpContent
    {
        protected override bool TryComputeLength(out long length)
        {
            length = bytes;
            return true;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellation)
        {
            for (var sent = 0L; sent < bytes;)
            {
                var piece = Pattern.At(sent, bytes - sent);
                await stream.WriteAsync(piece, cancellation);
                sent += piece.Length;
                await pace.KeepAsync(sent, cancellation);
            }
        }
    }
}
