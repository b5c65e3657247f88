using OrleansGateway.Caching.Terms;

namespace OrleansGateway.Tests.Caching.Terms;

/// <summary>Dictionaries of RFC 9651, to the letter: one that is not valid counts as not there. Cases of our own; the public corpus has no others that differ.</summary>
public sealed class TargetedFieldTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("a=1")]
    [InlineData("  a=1  ")]
    [InlineData("a=1 \t,\t b=2")]
    [InlineData("a=1\t")]
    [InlineData("*a_-.*0=1")]
    [InlineData("a=-999999999999999")]
    [InlineData("a=999999999999.999")]
    [InlineData("a=tok/en:*'%")]
    [InlineData("a=*")]
    [InlineData("a=\"\"")]
    [InlineData("a=\"q\\\"s\\\\, b\", b")]
    [InlineData("a=:YWJj:")]
    [InlineData("a=::")]
    [InlineData("a=:YQ:")]
    [InlineData("a=?0;b=?1")]
    [InlineData("a=@-1659578233")]
    [InlineData("a=%\"%c3%bc\"")]
    [InlineData("a=()")]
    [InlineData("a=( 1  x;y=1 \"s\" );z")]
    [InlineData("a;b;  c=1")]
    public void Dictionary_ThatIsValid_IsRead(string text) => Assert.True(TargetedField.TryRead(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData(",")]
    [InlineData("a=1,")]
    [InlineData("a=1,,b")]
    [InlineData("a=1 b")]
    [InlineData("\ta=1")]
    [InlineData("A=1")]
    [InlineData("1=a")]
    [InlineData("a =1")]
    [InlineData("a= 1")]
    [InlineData("a=")]
    [InlineData("a=1000000000000000")]
    [InlineData("a=1000000000000.0")]
    [InlineData("a=1.")]
    [InlineData("a=1.0000")]
    [InlineData("a=.1")]
    [InlineData("a=+1")]
    [InlineData("a=--1")]
    [InlineData("a=\"x")]
    [InlineData("a=\"\\x\"")]
    [InlineData("a=\"ü\"")]
    [InlineData("a='x'")]
    [InlineData("a=:Y:")]
    [InlineData("a=:Y-_j:")]
    [InlineData("a=:=YWJj:")]
    [InlineData("a=:YWJj")]
    [InlineData("a=?2")]
    [InlineData("a=?")]
    [InlineData("a=@")]
    [InlineData("a=@1.5")]
    [InlineData("a=%\"%C3%BC\"")]
    [InlineData("a=%\"%ff\"")]
    [InlineData("a=%\"%f\"")]
    [InlineData("a=(1")]
    [InlineData("a=(1,2)")]
    [InlineData("a=(1\t2)")]
    [InlineData("a=(\"x\"\"y\")")]
    [InlineData("a=((1))")]
    [InlineData("a;B=1")]
    [InlineData("a; =1")]
    [InlineData("a;b=(1)")]
    [InlineData("max-age=x")]
    [InlineData("max-age=\"60\"")]
    [InlineData("max-age=1.5")]
    [InlineData("max-age=-1")]
    [InlineData("max-age")]
    public void Dictionary_ThatIsNot_IsAsIfItWereNotThere(string text) => Assert.False(TargetedField.TryRead(text, out _));

    [Theory]
    [InlineData("max-age=60;x=1, y", 60)]
    [InlineData("max-age=60, max-age=1", 1)]
    [InlineData("max-age=1, max-age=60", 60)]
    [InlineData("x=(max-age=1), y=max-age", -2)]
    [InlineData("y=max-age", -1)]
    public void Seconds_AreThoseOfTheLast(string text, long seconds) => Assert.Equal(seconds, TargetedField.TryRead(text, out var directives) ? directives.MaxAge : -2);

    [Fact]
    public void Flags_AreThoseThatAreTrue()
    {
        Assert.True(TargetedField.TryRead("no-store, private=?1, public=?0", out var directives));
        Assert.True(directives.Has(CacheFlags.NoStore));
        Assert.True(directives.Has(CacheFlags.Private));
        Assert.False(directives.Has(CacheFlags.Public));
    }
}
