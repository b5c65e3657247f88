using System.Net.Sockets;
using System.Text;
using OrleansGateway.Upstream;
using OrleansGateway.Upstream.Http1;

namespace OrleansGateway.Tests.Http1;

/// <summary>Whatever a server says: an answer or a refusal, and no connection that has lost its way is used again.</summary>
public sealed class MutationTests
{
    private const int Deadline = 300_000;
    private const int AnswersPerSeed = 5_000;

    private static readonly string[] s_words =
    [
        "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", "\0", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 C\r\n\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n",
        "ffffffffffffffff", ";", "-", ",", "\u00ff", "9",
    ];

    [Theory(Timeout = Deadline)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Answers_ThatWereMutated_NeverCrashNorLeadAstray(int seed)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var random = new Random(seed);
        var limits = new Http1PoolLimits();
        var (answered, refused) = (0, 0);
        for (var n = 0; n < AnswersPerSeed; n++)
        {
            var wire = Mutate(random);
            // A pair of Unix sockets: 20,000 of TCP's would use up the machine's ports.
            var (ours, theirs) = await NewPairAsync(cancellation);
            using (theirs)
            {
                var pool = new Http1Pool("x", (_, _) => ValueTask.FromResult(new Http1Wire(ours)), limits, TimeProvider.System);
                var server = ServeAsync(theirs, wire, random.Next(1, 40), cancellation);
                try
                {
                    await using (var response = await pool.SendAsync(NewRequest(), cancellation))
                    {
                        var body = await response.ReadToEndAsync(cancellation, random.Next(1, 5_000));
                        Assert.True(body.Length <= wire.Length && response.Status is >= 200 and <= 599, $"answer {n}");
                    }

                    answered++;
                }
                catch (UpstreamException)
                {
                    Assert.True(pool.IdleCount == 0, $"answer {n}: kept after a fault");
                    refused++;
                }

                await server;
                pool.Close();
            }
        }

        // Neither all nor none: else the mutations test nothing.
        Assert.True(answered > AnswersPerSeed / 20 && refused > AnswersPerSeed / 20, $"{answered} answered, {refused} refused");
    }

    private static UpstreamRequest NewRequest() => new() { Method = HttpMethod.Get, Uri = new Uri("http://x/"), ConnectTimeout = TimeSpan.FromSeconds(10) };

    private static byte[] Mutate(Random random)
    {
        var wire = new StringBuilder(WellFormedAnswers.All[random.Next(WellFormedAnswers.All.Length)].Wire);
        for (var times = random.Next(1, 4); times > 0 && wire.Length > 0; times--)
        {
            var at = random.Next(wire.Length);
            switch (random.Next(6))
            {
                case 0: wire[at] = (char)random.Next(256); break;
                case 1: wire.Remove(at, Math.Min(random.Next(1, 10), wire.Length - at)); break;
                case 2: wire.Insert(at, s_words[random.Next(s_words.Length)]); break;
                case 3: wire.Insert(at, wire.ToString(at, Math.Min(random.Next(1, 60), wire.Length - at))); break;
                case 4: wire.Length = at; break;
                case 5: wire[at] ^= (char)(1 << random.Next(8)); break;
            }
        }

        return Encoding.Latin1.GetBytes(wire.ToString());
    }

    private static async Task ServeAsync(Socket socket, byte[] wire, int pieceBytes, CancellationToken cancellation)
    {
        try
        {
            for (var at = 0; at < wire.Length; at += pieceBytes) await socket.SendAsync(wire.AsMemory(at, Math.Min(pieceBytes, wire.Length - at)), cancellation);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The client has heard enough.
        }
    }

    private static async Task<(Socket Ours, Socket Theirs)> NewPairAsync(CancellationToken cancellation)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var ours = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await ours.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
        var theirs = await listener.AcceptAsync(cancellation);
        File.Delete(path);
        return (ours, theirs);
    }
}
