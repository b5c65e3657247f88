using System.CommandLine;

namespace OrleansGateway.Cli;

/// <summary><c>gateway completion bash|zsh</c>: a script that asks the program itself what may come next, by System.CommandLine's <c>[suggest]</c> directive.</summary>
internal static class CompletionCommand
{
    // The words after the first are joined anew: the program asked is 'gateway', whatever path it was called by. What begins with a slash is
    // the help option as Windows spells it.
    private const string Bash = """
        _gateway() {
          local IFS=$'\n' line=${COMP_LINE:0:COMP_POINT}
          line=${line#"${COMP_WORDS[0]}"}
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null | grep -v '^/')" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _gateway gateway ./gateway

        """;

    private const string Zsh = """
        #compdef gateway
        _gateway() {
          local line=${BUFFER[1,CURSOR]}
          line=${line#"${words[1]}"}
          compadd -- ${(f)"$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null | grep -v '^/')"}
        }
        compdef _gateway gateway ./gateway

        """;

    public static Command Create() => new("completion", "Print a script that completes commands in a shell.")
    {
        Printing("bash", "For bash: eval \"$(gateway completion bash)\"", Bash),
        Printing("zsh", "For zsh, after compinit: eval \"$(gateway completion zsh)\"", Zsh),
    };

    private static Command Printing(string shell, string description, string script)
    {
        var command = new Command(shell, description);
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(script));
        return command;
    }
}
