using System.CommandLine;

namespace OrleansGateway.Cli;

/// <summary>Where the gateway's admin API is and what opens it: options shared by all commands that call it.</summary>
internal sealed class AdminOptions(Func<string, string?> environment)
{
    private readonly Option<string> _admin = new("--admin")
    {
        Description = "Address of the admin API.",
        DefaultValueFactory = _ => NotEmpty(environment("GATEWAY_ADMIN")) ?? "http://127.0.0.1:9090",
        Recursive = true,
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = "File that holds the admin token. Default: .gateway/admin-token, unless GATEWAY_ADMIN_TOKEN is set.",
        Recursive = true,
    };

    /// <summary>Adds the options to a command and all below it.</summary>
    public void AddTo(Command command)
    {
        command.Add(_admin);
        command.Add(_tokenFile);
    }

    /// <summary>A client for what the options say.</summary>
    /// <param name="result">The options.</param>
    /// <param name="answerWithin">Longest time that an answer may take; default 30 s.</param>
    public AdminClient Client(ParseResult result, TimeSpan? answerWithin = null)
    {
        var text = result.GetValue(_admin)!;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var admin) || admin.Scheme is not ("http" or "https"))
            throw new CliException($"--admin must be an address such as http://127.0.0.1:9090, and is '{text}'.");
        return new AdminClient(admin, Token(result.GetValue(_tokenFile)), answerWithin ?? TimeSpan.FromSeconds(30));
    }

    // A file that was named wins over the environment, which may be set for another gateway.
    private string Token(string? file)
    {
        if (file is null && NotEmpty(environment("GATEWAY_ADMIN_TOKEN")) is { } token) return Checked(token, "GATEWAY_ADMIN_TOKEN");
        file ??= Path.Combine(".gateway", Admin.AdminToken.FileName);
        try
        {
            return Checked(File.ReadAllText(file), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(
                $"The admin token cannot be read: {e.Message} " +
                "Name its file with --token-file, or set GATEWAY_ADMIN_TOKEN to the token printed at the first start.");
        }
    }

    // A line feed inside would be refused by the HTTP client in words that quote the token.
    private static string Checked(string text, string source) =>
        text.Trim() is { Length: > 0 } token && !token.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? token
            : throw new CliException($"{source} holds no admin token: it is empty, or has spaces or line breaks inside.");

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
