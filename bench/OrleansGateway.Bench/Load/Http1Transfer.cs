using System.Text;

namespace OrleansGateway.Bench.Load;

/// <summary>One large body over HTTP/1.1, on a connection of its own.</summary>
internal sealed class Http1Transfer(Target target, long bytes, Pace pace)
{
    public async Task RunAsync(TransferDirection direction, CancellationToken cancellation)
    {
        using var connection = await LoadConnection.OpenAsync(target, cancellation, bufferBytes: Pattern.PieceMax);
        if (direction == TransferDirection.Upload) await UploadAsync(connection, cancellation);
        else await DownloadAsync(connection, cancellation);
    }

    private async ValueTask UploadAsync(LoadConnection connection, CancellationToken cancellation)
    {
        await connection.SendAsync(target.Head("POST", "upload", bytes), cancellation);
        for (var sent = 0L; sent < bytes;)
        {
            var piece = Pattern.At(sent, bytes - sent);
            await connection.SendAsync(piece, cancellation);
            sent += piece.Length;
            await pace.KeepAsync(sent, cancellation);
        }

        // The mock answers in one line that is shorter than any read.
        await connection.ReadHeadAsync(cancellation);
        Check(Encoding.ASCII.GetString((await connection.ReadAsync(cancellation)).Span), bytes);
    }

    private async ValueTask DownloadAsync(LoadConnection connection, CancellationToken cancellation)
    {
        await connection.SendAsync(target.Head("GET", $"download?bytes={bytes}"), cancellation);
        var length = await connection.ReadHeadAsync(cancellation);
        if (length != bytes) throw new InvalidDataException($"The answer says that it has {length} bytes, not {bytes}.");
        for (var taken = 0L; taken < bytes;)
        {
            var piece = await connection.ReadAsync(cancellation);
            if (!Pattern.IsAt(taken, piece.Span)) throw new InvalidDataException($"The content is not what was sent, after {taken} bytes.");
            taken += piece.Length;
            await pace.KeepAsync(taken, cancellation);
        }
    }

    /// <summary>Throws unless the mock says that it got all, and as it was sent.</summary>
    public static void Check(string answer, long bytes)
    {
        if (answer != $$"""{"bytes":{{bytes}},"whole":true}""") throw new InvalidDataException($"The upload did not arrive as it was sent: {answer}");
    }
}
