using Spectre.Console;

namespace OrleansGateway.Cli;

/// <summary>A table for people, which programs that cut columns can read too.</summary>
internal static class TextTable
{
    // Wide enough that a table in a pipe or a file is not folded: those who cut columns need whole lines.
    private const int PipeWidth = 240;

    public static void Write(TextWriter output, IReadOnlyList<string> titles, IEnumerable<string[]> rows)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var title in titles) table.AddColumn(new TableColumn(new Text(title)).PadLeft(0).PadRight(2));
        foreach (var row in rows) table.AddRow(row.Select(c => new Text(c)));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Interactive = InteractionSupport.No });
        if (output != Console.Out || Console.IsOutputRedirected) console.Profile.Width = PipeWidth;
        console.Write(table);
    }
}
