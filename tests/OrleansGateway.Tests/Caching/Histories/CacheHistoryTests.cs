using System.Text;
using OrleansGateway.Configuration;

namespace OrleansGateway.Tests.Caching.Histories;

/// <summary>Histories of requests, answers, time and changes, through the cache as it is.</summary>
public sealed class CacheHistoryTests
{
    [Fact]
    public async Task Bed_Get_IsStored()
    {
        var (clock, asked) = (new HistoryClock(), 0);
        await using var bed = new HistoryBed(clock, new CacheSettings { Scope = CacheScope.Public }, request =>
        {
            asked++;
            var fields = new Fields();
            fields.Add("Cache-Control", "max-age=10");
            fields.Add("X-Id", "7");
            fields.Add("Content-Length", "5");
            return new HistoryAnswer(200, fields, "hello"u8.ToArray());
        });
        for (var i = 0; i < 3; i++)
        {
            var answer = bed.Send(new HistoryRequest("GET", "/a", new Fields()));
            Assert.Equal("hello", Encoding.ASCII.GetString(answer.Body));
            Assert.Equal(7, answer.Id);
        }

        Assert.Equal(200, bed.Send(new HistoryRequest("POST", "/b", new Fields())).Status);
        Assert.Equal(2, asked);
    }
}
