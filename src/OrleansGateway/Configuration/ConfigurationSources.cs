using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OrleansGateway.Configuration;

/// <summary>
/// All that one reading takes from outside: files and variables of the environment. Remembers what it took, so that a later look can tell whether
/// anything has changed.
/// </summary>
internal sealed class ConfigurationSources(string configPath, Func<string, string?> environment) : IDisposable
{
    /// <summary>Most bytes of a configuration file.</summary>
    public const int ConfigBytesMax = 16 << 20;
    private const int SecretBytesMax = 64 << 10;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly IncrementalHash _taken = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<string, FileStamp> _files = [];

    /// <summary>Every file that was read, or should have been, as it was just before.</summary>
    public IReadOnlyDictionary<string, FileStamp> Files => _files;

    /// <summary>Hash of everything taken, in order: equal hashes mean equal settings.</summary>
    public string Fingerprint() => Convert.ToHexStringLower(_taken.GetCurrentHash());

    public string? Variable(string name) => Note(environment(name));

    /// <summary>Text of the configuration file; or what is wrong with it.</summary>
    public (string? Text, string Problem) ReadConfig() => Taken(LookAtConfig());

    /// <summary>Takes a text as if it had been in the configuration file.</summary>
    public (string? Text, string Problem) TakeConfig(string text)
    {
        if (Utf8.GetByteCount(text) > ConfigBytesMax) return (null, $"is larger than the {new ByteSize(ConfigBytesMax)} allowed");
        SeeConfig();
        return (Note(text.TrimStart('\uFEFF')), "");
    }

    /// <summary>Text of the configuration file, of which only some is gone by: the reader takes that.</summary>
    public (string? Text, string Problem) LookAtConfig() => Read(configPath, Environment.CurrentDirectory, ConfigBytesMax);

    /// <summary>Notes what the configuration file is like, although its text is known.</summary>
    public void SeeConfig()
    {
        var path = Path.GetFullPath(configPath, Environment.CurrentDirectory);
        _files.TryAdd(path, FileStamp.Of(path));
    }

    /// <summary>Takes a piece of text that settings are read from.</summary>
    public void Take(string text) => Note(text);

    /// <summary>
    /// Text of a secret's file without the line break at its end; or what is wrong with it. A relative path starts at the folder of the configuration.
    /// </summary>
    public (string? Text, string Problem) ReadSecret(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(configPath)) ?? "/";
        var (text, problem) = Taken(Read(path, folder, SecretBytesMax));
        var secret = text?.TrimEnd('\r', '\n');
        return secret is "" ? (null, "is empty") : (secret, problem);
    }

    private (string? Text, string Problem) Taken((string? Text, string Problem) read)
    {
        if (read.Text is { } text) Note(text);
        return read;
    }

    private (string? Text, string Problem) Read(string name, string folder, int bytesMax)
    {
        if (name.Length == 0 || name.Contains('\0')) return (null, "has no name");
        var path = Path.GetFullPath(name, folder);
        // Before it is read, and the first time only: a change in between is then seen as one, at the price of a reload too many.
        _files.TryAdd(path, FileStamp.Of(path));
        try
        {
            var bytes = ReadBytes(path, bytesMax);
            return bytes is null ? (null, $"is larger than the {new ByteSize(bytesMax)} allowed") : (Utf8.GetString(bytes).TrimStart('\uFEFF'), "");
        }
        catch (DecoderFallbackException)
        {
            return (null, "is not text in UTF-8");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return (null, problem switch
            {
                FileNotFoundException or DirectoryNotFoundException => "does not exist",
                UnauthorizedAccessException when Directory.Exists(path) => "is a folder",
                UnauthorizedAccessException => "may not be read by this user",
                _ => "cannot be read",
            });
        }
    }

    // Read to the end, not by its length: a pipe, such as the shell's <(…), has none.
    private static byte[]? ReadBytes(string path, int bytesMax)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var content = new MemoryStream();
        var buffer = new byte[64 << 10];
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            content.Write(buffer, 0, read);
            if (content.Length > bytesMax) return null;
        }

        return content.ToArray();
    }

    public void Dispose() => _taken.Dispose();

    // With its length, so that no two lists of values look the same.
    private string? Note(string? value)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, value?.Length ?? -1);
        _taken.AppendData(length);
        _taken.AppendData(Encoding.UTF8.GetBytes(value ?? ""));
        return value;
    }
}
