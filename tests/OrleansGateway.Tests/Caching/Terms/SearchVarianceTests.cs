using OrleansGateway.Caching.Terms;

namespace OrleansGateway.Tests.Caching.Terms;

public sealed class SearchVarianceTests
{
    [Theory]
    [InlineData("key-order", "a=1&b=2", "b=2&a=1", true)]
    [InlineData("key-order", "a=1&a=2", "a=2&a=1", false)]
    [InlineData("key-order", "a=1", "a=2", false)]
    [InlineData("params", "a=1&b=2", "", true)]
    [InlineData("params=(\"a\")", "a=1&b=2", "b=2&a=3&a", true)]
    [InlineData("params=(\"a\")", "a=1&b=2", "b=3", false)]
    [InlineData("params=(\"a\")", "b=1&c=2", "c=2&b=1", false)]
    [InlineData("params=(\"a\"), key-order", "b=1&c=2", "c=2&a&b=1", true)]
    [InlineData("params=(\"a%20b\")", "a+b=1&c", "c", true)]
    [InlineData("params=(\"%c3%a9\")", "%C3%A9=1", "é=2", true)]
    [InlineData("params, except=(\"v\")", "v=1&x=2", "x=3&v=1", true)]
    [InlineData("params, except=(\"v\")", "v=1", "v=2", false)]
    [InlineData("params=()", "a=1", "", false)]
    [InlineData("key-order", "%ff=1", "%fe=1", false)]
    [InlineData("key-order", "a=1b", "a=1&b", false)]
    [InlineData("key-order", "a=1&b=2", "a=1b:2", false)]
    [InlineData("key-order", "a=%311&b=", "b&a=11", true)]
    public void Queries_UnderTheField_AreAlikeOrNot(string field, string one, string other, bool alike) =>
        Assert.Equal(alike, SearchVariance.Read(field) is { } variance && variance.KeyOf(one) == variance.KeyOf(other));

    [Theory]
    [InlineData("")]
    [InlineData("params=?0")]
    [InlineData("key-order=?0")]
    [InlineData("params=1")]
    [InlineData("params=(a)")]
    [InlineData("params=(\"a\" 1)")]
    [InlineData("params=\"a\"")]
    [InlineData("key-order=1, params")]
    [InlineData("except=(\"a\")")]
    [InlineData("params=(\"a\"), except=(\"b\")")]
    [InlineData("params, except")]
    [InlineData("params, except=(a)")]
    [InlineData("params, other")]
    [InlineData("params,")]
    public void Field_ThatIsNotValidOrSaysNothing_LetsEveryDifferenceCount(string field) => Assert.Null(SearchVariance.Read(field));
}
