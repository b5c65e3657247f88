using System.Text;
using System.Text.RegularExpressions;

namespace OrleansGateway.Tests.Tidy;

/// <summary>C# without its comments and without the insides of its literals, line by line as it was: what is left is code.</summary>
internal static partial class CodeOnly
{
    public static string Of(string text) => Literals().Replace(text, static match => Blank(match.Value));

    private static string Blank(string literal)
    {
        var quote = literal[0] is '/' ? "" : "\"";
        return new StringBuilder(quote).Append('\n', literal.Count(c => c == '\n')).Append(quote).ToString();
    }

    // In this order: what begins first wins, and a raw string must be tried before a plain one. Holes of interpolated strings go with them.
    [GeneratedRegex("""
        //[^\n]*
        |/\*.*?\*/
        |\$*(?<quotes>"{3,}).*?\k<quotes>(?!")
        |(?:\$?@|@\$)"(?:[^"]|"")*"
        |\$?"(?:[^"\\\n]|\\.)*"
        |'(?:[^'\\\n]|\\.[^']{0,8})'
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Literals();
}
