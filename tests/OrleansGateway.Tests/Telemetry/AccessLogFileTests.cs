using OrleansGateway.Telemetry;

namespace OrleansGateway.Tests.Telemetry;

public sealed class AccessLogFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-log-").FullName;
    private readonly ManualTime _time = new();
    private readonly AccessLogFile _file;

    public AccessLogFileTests() => _file = new AccessLogFile(Path.Combine(_folder, "access.log"), _time);

    [Fact]
    public void Append_ToAFileOfAnEarlierRun_KeepsWhatIsThere()
    {
        File.WriteAllText(_file.Path, "old\n");
        Append("new\n");
        Assert.Equal("old\nnew\n", File.ReadAllText(_file.Path));
    }

    [Fact]
    public void Append_AfterTheFileWasMoved_WritesANewOneWithinASecond()
    {
        Append("1\n");
        File.Move(_file.Path, _file.Path + ".1");
        Append("2\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        Append("3\n");
        Assert.Equal("1\n2\n", File.ReadAllText(_file.Path + ".1"));
        Assert.Equal("3\n", File.ReadAllText(_file.Path));
    }

    [Fact]
    public void Append_AfterTheFileWasMovedAndMadeAnew_WritesToTheNewOne()
    {
        Append("1\n");
        File.Move(_file.Path, _file.Path + ".1");
        File.WriteAllText(_file.Path, "");
        _time.Advance(TimeSpan.FromSeconds(1));
        Append("2\n");
        Assert.Equal("2\n", File.ReadAllText(_file.Path));
    }

    [Fact]
    public void Append_AfterTheFileWasDeleted_MakesItAgain()
    {
        Append("1\n");
        File.Delete(_file.Path);
        _time.Advance(TimeSpan.FromSeconds(1));
        Append("2\n");
        Assert.Equal("2\n", File.ReadAllText(_file.Path));
    }

    [Fact]
    public void Append_AfterTheFileWasCutShort_LeavesNoHole()
    {
        Append("1\n");
        using (var cut = new FileStream(_file.Path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite)) cut.SetLength(0);
        Append("2\n");
        Assert.Equal("2\n", File.ReadAllText(_file.Path));
    }

    [Fact]
    public void Append_ToANewFile_ShowsItToOwnerAndGroupOnly()
    {
        if (OperatingSystem.IsWindows()) return;
        Append("1\n");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(_file.Path));
    }

    public void Dispose()
    {
        _file.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Append(string text) => _file.Append(System.Text.Encoding.UTF8.GetBytes(text));
}
