using System.Text.Json;
using Dapper;
using OrleansGateway.Audit;
using OrleansGateway.Tenants;
using OrleansGateway.Tests.Storage;

namespace OrleansGateway.Tests.Admin;

/// <summary>Every change is in the audit log, and no change of the log goes unseen.</summary>
public sealed class AuditTests : IAsyncLifetime
{
    private AdminHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await AdminHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task EveryChange_OverTheApi_IsNotedWithWhoAndFromWhereAndWithoutSecrets()
    {
        var (_, made) = await _host.PostAsync("/admin/v1/keys", """{"tenant":"acme","name":"ci"}""");
        var (_, rotated) = await _host.PostAsync($"/admin/v1/keys/{Text(made, "id")}/rotate");
        await _host.PostAsync($"/admin/v1/keys/{Text(made, "id")}/revoke");
        await _host.PostAsync($"/admin/v1/keys/{Text(made, "id")}/revoke");
        var (_, admin) = await _host.PostAsync("/admin/v1/admins", """{"role":"viewer"}""");
        var (response, other) = await _host.PostAsync($"/admin/v1/admins/{Text(admin, "id")}/rotate");
        await _host.PostAsync($"/admin/v1/admins/{Text(admin, "id")}/revoke");

        var records = (await _host.Audit.ListAsync(new AuditFilter(100), Cancel)).Records.Reverse().ToArray();
        Assert.Equal(
            ["admin_token.create", "config.start", "key.create", "key.rotate", "key.revoke", "admin.create", "admin.rotate", "admin.revoke"],
            records.Select(r => r.Entry.Action));
        Assert.Equal(("bootstrap", "owner", "127.0.0.1"), (records[2].Entry.By.Id, records[2].Entry.By.Role, records[2].Entry.By.Address));
        Assert.Equal(Text(made, "id"), records[2].Entry.Target);
        Assert.Equal(response.Headers.GetValues("x-request-id").Single(), records[6].Entry.By.RequestId);
        Assert.Contains("\"revoked_at\"", records[4].Entry.After, StringComparison.Ordinal);
        Assert.DoesNotContain("\"revoked_at\"", records[4].Entry.Before, StringComparison.Ordinal);
        var all = string.Concat(records.Select(r => r.Entry.Before + r.Entry.After));
        string[] secrets = [Text(made, "key"), Text(rotated, "key"), Text(admin, "token"), Text(other, "token")];
        foreach (var secret in secrets) Assert.DoesNotContain(secret, all, StringComparison.Ordinal);
        Assert.Null((await _host.Audit.VerifyAsync(Cancel)).Fault);
    }

    [Fact]
    public async Task Reload_ByAFileWhenTheLogCannotBeWritten_GoesOn()
    {
        using (var connection = _host.Directory.Database.Connect()) connection.Execute("ALTER TABLE audit RENAME TO gone");
        await File.WriteAllTextAsync(_host.ConfigPath, AdminHost.Yaml + "drain_timeout: 7s\n", Cancel);
        Assert.True((await _host.Source.ReloadAsync(_host.Changes.By(AuditActor.File), Cancel)).Changed);
        Assert.Equal(TimeSpan.FromSeconds(7), _host.Source.Current.Settings.DrainTimeout);
    }

    [Fact]
    public async Task KeyStore_WhenTheAuditLogCannotBeWritten_KeepsNoKeyEither()
    {
        using (var connection = _host.Directory.Database.Connect()) connection.Execute("ALTER TABLE audit RENAME TO gone");
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(
            () => _host.Directory.Keys.CreateAsync(new KeyRequest { Tenant = "acme" }, null, TestAudit.Actor, Cancel));
        Assert.Empty((await _host.Directory.Keys.ListAsync(new KeyFilter(10), Cancel))!.Keys);
    }

    [Theory]
    [InlineData("sequence")]
    [InlineData("at")]
    [InlineData("actor")]
    [InlineData("role")]
    [InlineData("address")]
    [InlineData("request_id")]
    [InlineData("action")]
    [InlineData("target")]
    [InlineData("tenant")]
    [InlineData("before")]
    [InlineData("after")]
    [InlineData("previous_hash")]
    [InlineData("hash")]
    public async Task Verify_WhenAnyColumnOfAnyRecordIsChanged_SaysSo(string column)
    {
        for (var i = 0; i < 3; i++) await _host.Audit.AppendAsync(TestAudit.Entry, Cancel);
        var (count, number) = ((await _host.Audit.VerifyAsync(Cancel)).Records, column is "sequence" or "at");
        for (var sequence = count; sequence > count - 3; sequence--)
        {
            await WithoutGuardAsync($"UPDATE audit SET {column} = {(number ? $"{column} + 1000" : $"'f' || substr({column}, 2)")} WHERE sequence = {sequence}");
            Assert.NotNull((await _host.Audit.VerifyAsync(Cancel)).Fault);
            Assert.Equal(column != "sequence", (await _host.Audit.FindAsync(sequence, Cancel)) is not null);
        }
    }

    [Fact]
    public async Task Columns_OfTheAuditTable_AreAllHeldToTheChain()
    {
        using var connection = _host.Directory.Database.Connect();
        var columns = await connection.QueryAsync<string>("SELECT name FROM pragma_table_info('audit')");
        var tested = typeof(AuditTests).GetMethod(nameof(Verify_WhenAnyColumnOfAnyRecordIsChanged_SaysSo))!.GetCustomAttributesData()
            .Where(a => a.AttributeType == typeof(InlineDataAttribute))
            .Select(a => (string)((IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!)[0].Value!);
        Assert.Equal(columns.Order(), tested.Order());
    }

    [Theory]
    [InlineData("DELETE FROM audit WHERE sequence = 3")]
    [InlineData("DELETE FROM audit WHERE sequence = 1")]
    [InlineData("DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)")]
    [InlineData("DELETE FROM audit")]
    [InlineData("UPDATE audit SET sequence = -sequence WHERE sequence IN (2, 3); UPDATE audit SET sequence = 5 + sequence WHERE sequence < 0")]
    [InlineData("UPDATE audit SET address = '' WHERE address IS NULL")]
    [InlineData("UPDATE audit_head SET sequence = sequence - 1")]
    [InlineData("DELETE FROM audit_head")]
    public async Task Verify_WhenRecordsAreDroppedOrMoved_SaysSo(string tampering)
    {
        for (var i = 0; i < 2; i++) await _host.Audit.AppendAsync(TestAudit.Entry, Cancel);
        Assert.Null((await _host.Audit.VerifyAsync(Cancel)).Fault);
        await WithoutGuardAsync(tampering);
        Assert.NotNull((await _host.Audit.VerifyAsync(Cancel)).Fault);
    }

    [Fact]
    public void AuditTable_WithItsGuard_TakesNoUpdateAndNoDelete()
    {
        using var connection = _host.Directory.Database.Connect();
        Assert.ThrowsAny<System.Data.Common.DbException>(() => connection.Execute("UPDATE audit SET actor = 'x'"));
        Assert.ThrowsAny<System.Data.Common.DbException>(() => connection.Execute("DELETE FROM audit"));
    }

    [Fact]
    public async Task Verify_WhenTheWholeLogWasWrittenAnew_IsSeenByANotedHead()
    {
        var noted = (await _host.GetAsync("/admin/v1/audit/verify")).Body;
        var query = $"?sequence={noted.GetProperty("records")}&hash={Text(noted, "head")}";
        await _host.Audit.AppendAsync(TestAudit.Entry, Cancel);
        Assert.True((await _host.GetAsync("/admin/v1/audit/verify" + query)).Body.GetProperty("valid").GetBoolean());
        await WithoutGuardAsync("DELETE FROM audit; DELETE FROM audit_head");
        for (var i = 0; i < 3; i++) await _host.Audit.AppendAsync(TestAudit.Entry, Cancel);
        Assert.True((await _host.GetAsync("/admin/v1/audit/verify")).Body.GetProperty("valid").GetBoolean());
        Assert.False((await _host.GetAsync("/admin/v1/audit/verify" + query)).Body.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task List_WithFiltersAndCursor_PagesNewestFirst()
    {
        for (var i = 0; i < 3; i++) await _host.PostAsync("/admin/v1/keys", """{"tenant":"acme"}""");
        var (_, first) = await _host.GetAsync("/admin/v1/audit?action=key.&tenant=acme&actor=bootstrap&limit=2");
        var (_, second) = await _host.GetAsync($"/admin/v1/audit?action=key.&tenant=acme&limit=2&cursor={Text(first, "next_cursor")}");
        Assert.Equal([5, 4], Sequences(first));
        Assert.Equal([3], Sequences(second));
        Assert.Empty(Sequences((await _host.GetAsync("/admin/v1/audit?since=2030-01-01T00:00:00Z")).Body));
        Assert.Empty(Sequences((await _host.GetAsync("/admin/v1/audit?until=2020-01-01T00:00:00Z")).Body));
        Assert.Equal(422, (int)(await _host.GetAsync("/admin/v1/audit?acton=x")).Response.StatusCode);
        var (export, lines) = await _host.CallAsync("GET", "/admin/v1/audit?format=jsonl&action=key.create");
        Assert.Equal("application/x-ndjson", export.Content.Headers.ContentType!.MediaType);
        Assert.Equal([3, 4, 5], lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l).GetProperty("sequence").GetInt64()));
    }

    private static IEnumerable<long> Sequences(JsonElement page) => page.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("sequence").GetInt64());

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    // As one who has the file and means harm.
    private async Task WithoutGuardAsync(string sql)
    {
        using var connection = _host.Directory.Database.Connect();
        await connection.ExecuteAsync("DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete;");
        Assert.NotEqual(0, await connection.ExecuteAsync(sql));
    }
}
