using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace OrleansGateway.Limits;

/// <summary>
/// How the values that name an account are written: with slashes between, and in each value all but visible ASCII characters, and <c>/ % *</c>, in percent form. A value that is
/// too long is named by its digest: clients choose what stands in headers.
/// </summary>
internal static class ScopeText
{
    /// <summary>The value of all that share one account because there are as many as may be.</summary>
    public const string Shared = "*";

    /// <summary>Longest value that is kept as it is.</summary>
    public const int ValueCharsMax = 128;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c).Where(c => c is not ('/' or '%' or '*'))]);

    public static string Join(ReadOnlySpan<string?> values)
    {
        if (values.Length == 1) return Escape(values[0] ?? "");
        var text = new StringBuilder();
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0) text.Append('/');
            text.Append(Escape(values[i] ?? ""));
        }

        return text.ToString();
    }

    public static string[] Split(string scope) => [.. scope.Split('/').Select(Uri.UnescapeDataString)];

    public static string First(string scope) => Uri.UnescapeDataString(scope.IndexOf('/', StringComparison.Ordinal) is >= 0 and var end ? scope[..end] : scope);

    /// <summary>How many values there are.</summary>
    public static int Count(ReadOnlySpan<char> scope) => scope.Count('/') + 1;

    /// <summary>Whether it is the account of all who have none of their own. No value is written so: <c>*</c> in a value is in percent form.</summary>
    public static bool IsShared(string scope) => scope == Shared || scope.EndsWith("/" + Shared, StringComparison.Ordinal);

    private static string Escape(string value)
    {
        if (value.Length > ValueCharsMax) return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, 16));
        if (!value.AsSpan().ContainsAnyExcept(Plain)) return value;
        var text = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            if (Plain.Contains((char)b)) text.Append((char)b);
            else text.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return text.ToString();
    }
}
