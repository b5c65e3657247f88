using System.Text;
using System.Text.RegularExpressions;

namespace OrleansGateway.Configuration;

/// <summary>Replaces <c>${NAME}</c> and <c>${NAME:-default}</c> by variables of the environment; <c>$${</c> stands for <c>${</c> itself.</summary>
internal static partial class References
{
    /// <summary>Regular expression of a text that holds a reference, for the JSON Schema.</summary>
    public const string Pattern = @"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}";

    /// <summary>The text with its references replaced; or none, and what is wrong.</summary>
    public static (string? Text, string Problem) Expand(string text, Func<string, string?> variable)
    {
        if (!text.Contains("${", StringComparison.Ordinal)) return (text, "");
        var result = new StringBuilder();
        var missing = new List<string>();
        var at = 0;
        for (int dollar; (dollar = text.IndexOf("${", at, StringComparison.Ordinal)) >= 0;)
        {
            if (dollar > at && text[dollar - 1] == '$')
            {
                result.Append(text, at, dollar - 1 - at).Append("${");
                at = dollar + 2;
                continue;
            }

            var match = Reference().Match(text, dollar);
            // What stands there is not shown: it may be a secret with ${ in it.
            if (!match.Success)
                return (null, "A reference must be written ${NAME} or ${NAME:-default}, the name in letters, digits and _; for ${ itself write $${.");
            result.Append(text, at, dollar - at).Append(ValueOf(match, variable, missing));
            at = dollar + match.Length;
        }

        if (missing.Count > 0) return (null, Missing(missing));
        return (result.Append(text, at, text.Length - at).ToString(), "");
    }

    // As in a shell: the default also stands in for an empty variable.
    private static string ValueOf(Match match, Func<string, string?> variable, List<string> missing)
    {
        var name = match.Groups[1].Value;
        var value = variable(name);
        if (match.Groups[2].Success) return string.IsNullOrEmpty(value) ? match.Groups[2].Value[2..] : value;
        if (value is null) missing.Add(name);
        return value ?? "";
    }

    private static string Missing(List<string> names) => names.Count == 1
        ? $"The environment variable {names[0]} is not set; set it, or write ${{{names[0]}:-default}}."
        : $"The environment variables {string.Join(", ", names)} are not set.";

    [GeneratedRegex(@"\G\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
