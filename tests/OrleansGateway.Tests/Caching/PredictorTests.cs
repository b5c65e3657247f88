using OrleansGateway.Caching;

namespace OrleansGateway.Tests.Caching;

public sealed class PredictorTests
{
    [Fact]
    public void Folder_ThatIsNotKnown_MayBeStored()
    {
        var predictor = new Predictor();
        for (var i = 1; i < Predictor.Evidence; i++) predictor.Note("/own/" + i, wasStored: false);
        Assert.True(predictor.MayBeStored("/own/new"));
        Assert.True(new Predictor().MayBeStored("/"));
    }

    [Fact]
    public void Folder_OfWhichNothingIsStored_IsKnownAfterAFewAnswers_AndNoOtherIsTakenForIt()
    {
        var predictor = new Predictor();
        for (var i = 0; i < Predictor.Evidence; i++) predictor.Note($"/own/{i}?a=/b/", wasStored: false);
        for (var i = 0; i < 100; i++) predictor.Note("/shared/" + i, wasStored: true);
        Assert.False(predictor.MayBeStored("/own/new"));
        Assert.False(predictor.MayBeStored("/own/new?q=/other/x"));
        Assert.True(predictor.MayBeStored("/shared/new"));
    }

    [Fact]
    public void Folder_ThatChanges_IsBelievedSoon()
    {
        var predictor = new Predictor();
        for (var i = 0; i < 10_000; i++) predictor.Note("/a/b", wasStored: false);
        for (var i = 0; i < 3; i++) predictor.Note("/a/b", wasStored: true);
        Assert.True(predictor.MayBeStored("/a/c"));
        for (var i = 0; i < 100; i++) predictor.Note("/a/b", wasStored: false);
        Assert.False(predictor.MayBeStored("/a/c"));
    }

    [Fact]
    public void Folder_OfWhichOneInFiveIsStored_MayBeStored()
    {
        var predictor = new Predictor();
        for (var i = 0; i < 1_000; i++)
        {
            predictor.Note("/a/b", wasStored: i % 5 == 0);
            Assert.True(predictor.MayBeStored("/a/c"), $"after {i}");
        }
    }
}
