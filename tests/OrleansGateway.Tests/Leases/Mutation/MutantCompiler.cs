using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using OrleansGateway.Tests.Tidy;

namespace OrleansGateway.Tests.Leases.Mutation;

/// <summary>Makes an assembly, in memory, of the lease protocol's sources with a patch, and the simulator's. The product knows nothing of it.</summary>
internal sealed partial class MutantCompiler
{
    private const string Leases = "src/OrleansGateway/Leases/";
    private const string SimulationParent = "tests/OrleansGateway.Tests/Leases/";
    private const string Simulation = SimulationParent + "Simulation/";
    private const string Usings =
        "global using System; global using System.Collections.Generic; global using System.Globalization; global using System.IO; global using System.Linq;" +
        "global using System.Threading; global using System.Threading.Tasks;";

    private readonly CSharpCompilation _whole;
    private readonly Dictionary<string, SyntaxTree> _trees;

    public MutantCompiler()
    {
        _trees = Pure().ToDictionary(f => f.Path, f => Parse(f.Text));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal)).Select(p => MetadataReference.CreateFromFile(p));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable);
        _whole = CSharpCompilation.Create("Mutant", [.. _trees.Values, Parse(Usings)], references, options);
    }

    /// <summary>The assembly, in a context of its own that can be unloaded.</summary>
    public AssemblyLoadContext Compile(Mutant? mutant)
    {
        var compilation = mutant is null ? _whole : _whole.ReplaceSyntaxTree(_trees[PathOf(mutant)], Patched(mutant));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        if (!result.Success)
        {
            var faults = result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Take(5);
            throw new InvalidOperationException($"{mutant?.Name ?? "the protocol"} does not compile: {string.Join('\n', faults)}");
        }

        assembly.Position = 0;
        var context = new AssemblyLoadContext(mutant?.Name, isCollectible: true);
        context.LoadFromStream(assembly);
        return context;
    }

    /// <summary>Why the patch cannot be made; none if it can.</summary>
    public string? FaultOf(Mutant mutant)
    {
        if (!_trees.TryGetValue(PathOf(mutant), out var tree)) return $"{mutant.Name}: no file {mutant.File}";
        var times = tree.ToString().Split(mutant.Snippet).Length - 1;
        return times == 1 ? null : $"{mutant.Name}: its snippet stands {times} times in {mutant.File}";
    }

    /// <summary>All but the hosts, which have clocks, logs, files and waits; and what is made of them.</summary>
    private static IEnumerable<SourceFile> Pure()
    {
        var pure = RepositoryFiles.Code.Where(f => f.IsIn(Leases)).ToList();
        var hosts = pure.Where(f => HostWord().IsMatch(CodeOnly.Of(f.Text))).ToList();
        while (hosts.Count > 0)
        {
            pure.RemoveAll(hosts.Contains);
            var names = new Regex($@"\b({string.Join('|', hosts.Select(h => h.Name))})\b");
            hosts = [.. pure.Where(f => names.IsMatch(CodeOnly.Of(f.Text)))];
        }

        return pure.Concat(RepositoryFiles.Code.Where(f => f.IsIn(Simulation) && !f.Name.EndsWith("Tests", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"\b(TimeProvider|ILogger|LoggerMessage|JsonSerializerContext|async)\b")]
    private static partial Regex HostWord();

    // What the core needs of its ledger is tried by a ledger that does not give it.
    private static string PathOf(Mutant mutant) => mutant.File.StartsWith("Simulation/", StringComparison.Ordinal) ? SimulationParent + mutant.File : Leases + mutant.File;

    private SyntaxTree Patched(Mutant mutant) => Parse(_trees[PathOf(mutant)].ToString().Replace(mutant.Snippet, mutant.Replacement, StringComparison.Ordinal));

    private static SyntaxTree Parse(string text) => CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Latest));
}
