using Microsoft.AspNetCore.Http;
using OrleansGateway.Caching.Terms;

namespace OrleansGateway.Tests.Caching.Terms;

/// <summary>Which requests an answer is for (RFC 9111 §4.1); vary and vary-parse of the public suite.</summary>
public sealed class VaryTests
{
    [Theory]
    [InlineData("Vary: Foo", "Foo: 1", "Foo: 1", true)]
    [InlineData("Vary: foo", "FOO: 1", "Foo: 1", true)]
    [InlineData("Vary: Foo", "Foo: 1", "Foo: 2", false)]
    [InlineData("Vary: Foo", "Foo: a", "Foo: A", false)]
    [InlineData("Vary: Foo", "", "", true)]
    [InlineData("Vary: Foo", "Foo: 1", "", false)]
    [InlineData("Vary: Foo", "", "Foo: 1", false)]
    [InlineData("Vary: Foo", "", "Foo: ", false)]
    [InlineData("Vary: Foo, Bar", "Foo: 1\nBar: 1", "Foo: 1\nBar: 2", false)]
    [InlineData("Vary: Foo\nVary: Bar", "Foo: 1\nBar: 1", "Foo: 1\nBar: 2", false)]
    [InlineData("Vary: ,, Bar,", "Bar: 1", "Bar: 2", false)]
    [InlineData("Vary: Foo", "Foo: 1\nBar: 1", "Foo: 1\nBar: 2", true)]
    [InlineData("Vary: Foo", "Foo: 1, 2", "Foo: 1,2", true)]
    [InlineData("Vary: Foo", "Foo: 1, 2", "Foo: 1\nFoo: 2", true)]
    [InlineData("Vary: Foo", "Foo: 1, 2", "Foo: 2, 1", false)]
    [InlineData("Vary: Foo", "Foo: \"1, 2\"", "Foo: \"1,2\"", false)]
    [InlineData("Vary: Foo", "Foo: \"1, 2\"", "Foo: \"1, 2\"", true)]
    [InlineData("Vary: Accept-Language", "Accept-Language: en, de", "Accept-Language: de, en", true)]
    [InlineData("Vary: Accept-Language", "Accept-Language: en;q=0.5, de", "Accept-Language: de;q=1.0, en;q=0.5", true)]
    [InlineData("Vary: Accept-Language", "Accept-Language: en, de", "Accept-Language: en;q=0.5, de", false)]
    [InlineData("Vary: Accept-Language", "Accept-Language: EN", "Accept-Language: en", true)]
    [InlineData("Vary: Accept-Language\nContent-Language: de", "Accept-Language: en;q=0.5, de", "Accept-Language: de", true)]
    [InlineData("Vary: Accept-Language\nContent-Language: de", "Accept-Language: en;q=0.5, de", "Accept-Language: de, en", false)]
    [InlineData("Vary: Accept-Language\nContent-Language: de", "Accept-Language: en;q=0.5, de", "Accept-Language: de;q=0", false)]
    public void Answer_IsForRequestsThatSayTheSame(string answer, string first, string second, bool isSame)
    {
        var head = new Answered(answer).Head;
        var vary = VaryTerms.Of(head, Answered.Headers(first), static (headers, name) => headers[name]);
        Assert.Equal(isSame, vary.Matches<IHeaderDictionary>(Answered.Headers(second), static (headers, name) => headers[name]));
        Assert.True(vary.Matches<IHeaderDictionary>(Answered.Headers(first), static (headers, name) => headers[name]));
    }
}
