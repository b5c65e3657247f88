namespace OrleansGateway.Configuration;

/// <summary>One thing wrong with a configuration: where, what, and what would be right.</summary>
/// <param name="File">Path of the file, as the operator named it.</param>
/// <param name="Line">Line in the file, from 1; 0 where no line is to blame (the file is missing).</param>
/// <param name="Column">Column in the line, from 1; 0 with line 0.</param>
/// <param name="Path">Place in the document, such as <c>providers.openai.timeouts.idle</c> or <c>models.gpt.targets[1].weight</c>.</param>
/// <param name="Message">What is wrong and what would be right, in one sentence or two.</param>
public sealed record Fault(string File, int Line, int Column, string Path, string Message)
{
    /// <summary>One line in the form that editors and terminals link: <c>file:line:column: path: message</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {(Path.Length == 0 ? "" : Path + ": ")}{Message}";
}
