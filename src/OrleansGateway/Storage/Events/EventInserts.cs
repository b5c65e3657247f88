using Microsoft.Data.Sqlite;
using OrleansGateway.Events;

namespace OrleansGateway.Storage.Events;

/// <summary>Adds events within one transaction. Statements are prepared once: usage comes in thousands.</summary>
internal sealed class EventInserts : IDisposable
{
    private readonly Dictionary<string, long> _heads = new(StringComparer.Ordinal);
    private readonly DateTimeOffset _now;
    private readonly SqliteCommand _source;
    private readonly SqliteCommand _head;
    private readonly SqliteCommand _event;
    private readonly SqliteCommand _stream;

    public EventInserts(SqliteTransaction transaction, DateTimeOffset now)
    {
        _now = now;
        _source = Command("INSERT INTO event_sources (source, added_at) VALUES ($source, $now) ON CONFLICT DO NOTHING", "$source", "$now");
        _head = Command("SELECT head FROM event_streams WHERE tenant = $tenant", "$tenant");
        _event = Command(
            "INSERT INTO events (tenant, sequence, id, type, at, data) VALUES ($tenant, $sequence, $id, $type, $at, $data)", "$tenant", "$sequence", "$id", "$type", "$at", "$data");
        _stream = Command("INSERT INTO event_streams (tenant, head) VALUES ($tenant, $head) ON CONFLICT (tenant) DO UPDATE SET head = excluded.head", "$tenant", "$head");

        SqliteCommand Command(string text, params string[] parameters)
        {
            var command = transaction.Connection!.CreateCommand();
            (command.CommandText, command.Transaction) = (text, transaction);
            foreach (var name in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = name });
            return command;
        }
    }

    public void Add(NewEvent one)
    {
        var isNew = true;
        foreach (var source in one.Sources) isNew &= Run(_source, source, _now.ToUnixTimeMilliseconds()) > 0;
        if (!isNew) return;
        var tenant = one.Tenant ?? "";
        if (!_heads.TryGetValue(tenant, out var head))
        {
            _head.Parameters[0].Value = tenant;
            head = _head.ExecuteScalar() as long? ?? 0;
        }

        _heads[tenant] = ++head;
        Run(_event, tenant, head, one.Id, one.Type, one.At.ToUnixTimeMilliseconds(), one.Data);
    }

    /// <summary>Notes where streams end now; answers those that have grown.</summary>
    public IReadOnlyList<string> End()
    {
        foreach (var (tenant, head) in _heads) Run(_stream, tenant, head);
        return [.. _heads.Keys];
    }

    public void Dispose()
    {
        _source.Dispose();
        _head.Dispose();
        _event.Dispose();
        _stream.Dispose();
    }

    private static int Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        return command.ExecuteNonQuery();
    }
}
