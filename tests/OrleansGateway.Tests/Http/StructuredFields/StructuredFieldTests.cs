using OrleansGateway.Http.StructuredFields;

namespace OrleansGateway.Tests.Http.StructuredFields;

public sealed class StructuredFieldTests
{
    [Theory]
    [InlineData("42", BareKind.Integer, 42, "")]
    [InlineData("-0", BareKind.Integer, 0, "")]
    [InlineData("-999999999999999", BareKind.Integer, -999999999999999, "")]
    [InlineData("4.5", BareKind.Decimal, 4.5, "")]
    [InlineData("?1", BareKind.Boolean, 1, "")]
    [InlineData("@-1659578233", BareKind.Date, -1659578233, "")]
    [InlineData("\"a \\\" \\\\\"", BareKind.String, 0, "a \" \\")]
    [InlineData("*a:/!", BareKind.Token, 0, "*a:/!")]
    [InlineData("%\"f%c3%bc \"", BareKind.DisplayString, 0, "fü ")]
    public void Item_OfEachType_IsRead(string text, object kind, double number, string expected)
    {
        Assert.True(StructuredField.TryReadItem("  " + text + " ", out var item));
        Assert.Equal((BareKind)kind, item.Value.Kind);
        Assert.Equal((decimal)number, item.Value.Number);
        Assert.Equal(expected, item.Value.Text);
    }

    [Theory]
    [InlineData(":aGVsbG8=:", "hello")]
    [InlineData(":aGVsbG8:", "hello")]
    [InlineData("::", "")]
    public void Bytes_WithAndWithoutPadding_AreRead(string text, string expected)
    {
        Assert.True(StructuredField.TryReadItem(text, out var item));
        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(item.Value.Bytes.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1000000000000000")]
    [InlineData("1234567890123.1")]
    [InlineData("1.")]
    [InlineData("1.2345")]
    [InlineData("--1")]
    [InlineData("+1")]
    [InlineData("@1.5")]
    [InlineData("?2")]
    [InlineData("\"a")]
    [InlineData("\"\\a\"")]
    [InlineData("\"\t\"")]
    [InlineData("\"ü\"")]
    [InlineData(":a:")]
    [InlineData(":aGVs bG8=:")]
    [InlineData(":a=Vs:")]
    [InlineData("%\"%C3%BC\"")]
    [InlineData("%\"%C3%bc\"")]
    [InlineData("%\"%c3%bC\"")]
    [InlineData("%\"%c3\"")]
    [InlineData("%\"%c\"")]
    [InlineData("a b")]
    [InlineData("1 ;a")]
    [InlineData("1;A")]
    [InlineData("1;a=")]
    [InlineData("\t1")]
    [InlineData("(1)")]
    public void Item_ThatIsNotValid_IsNotRead(string text) => Assert.False(StructuredField.TryReadItem(text, out _));

    [Theory]
    [InlineData("a=1, b;x=2;y, c=(1 \"q\";z)", "a b c")]
    [InlineData("a=1 \t,\t b=2", "a b")]
    [InlineData("a=1, b=2, a=3", "a b")]
    [InlineData("", "")]
    public void Dictionary_OfManyForms_HasItsKeys(string text, string keys)
    {
        Assert.True(StructuredField.TryReadDictionary(text, out var members));
        Assert.Equal(keys, string.Join(' ', members.Select(static member => member.Key)));
    }

    [Theory]
    [InlineData("a=1,")]
    [InlineData("a=1 b=2")]
    [InlineData("a=1,,b=2")]
    [InlineData("A=1")]
    [InlineData("a= 1")]
    [InlineData("a=(1")]
    [InlineData("a=(1,2)")]
    [InlineData("a=(1\t2)")]
    [InlineData("a=(\"x\"\"y\")")]
    [InlineData("a=((1))")]
    public void Dictionary_WithAFault_IsNotReadAtAll(string text) => Assert.False(StructuredField.TryReadDictionary(text, out _));

    [Fact]
    public void Dictionary_WithAKeyTwice_HasTheLastValue()
    {
        Assert.True(StructuredField.TryReadDictionary("a=1;p=1;p=2, b, a=?0;q", out var members));
        Assert.False(members[0].Value.Value.IsTrue);
        Assert.Equal("q", Assert.Single(members[0].Value.Parameters).Key);
        Assert.True(members[1].Value.Value.IsTrue);
    }

    [Fact]
    public void List_InLines_IsOneList()
    {
        Assert.True(StructuredField.TryReadList(new[] { "a;q=1;q=2", "(b c);d, \"x", "y\"" }, out var members));
        Assert.Equal(3, members.Count);
        Assert.Equal(2, Assert.Single(members[0].Parameters).Value.Number);
        Assert.Equal(2, members[1].Inner!.Count);
        Assert.Equal("x, y", members[2].Value.Text);
    }
}
