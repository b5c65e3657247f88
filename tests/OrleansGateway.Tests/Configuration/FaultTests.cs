namespace OrleansGateway.Tests.Configuration;

/// <summary>One thing made wrong in a good file gives one fault. The mark § in the new text is where the fault must point, and is taken out.</summary>
public sealed class FaultTests
{
    private const string Hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    [Fact]
    public void Read_WhenFileIsGood_GivesNoFault()
    {
        using var folder = new TestFolder();
        Assert.Empty(folder.FaultsOf(TestFolder.Good));
    }

    [Theory]
    [InlineData("weight: 3", "§wieght: 3", "models.fast.targets[0].wieght",
        "There is no field 'wieght' here. Did you mean 'weight'? Known fields: model, price, provider, weight.")]
    [InlineData("routes:\n  default:", "§colour: red\nroutes:\n  default:", "colour",
        "There is no field 'colour' here. Known fields: access_log, budgets, cache, certificates, cluster, config_version_header, drain_delay, drain_timeout, events, invalidation, jwt, keys, limits, listeners, models, overload, price_book, providers, rabbitmq, rate_limits and 8 more.")]
    [InlineData("weight: 3", "weight: 3\n        §weight: 4", "models.fast.targets[0].weight", "'weight' is given twice; it stands in line 37 already.")]
    [InlineData("routes:\n  default:", "routes:\n  default: {}\n  §default:", "routes.default", "'default' is given twice; it stands in line 76 already.")]
    [InlineData("weight: 3", "weight: §3.5", "models.fast.targets[0].weight", "'3.5' is not a whole number of at most 2147483647.")]
    [InlineData("weight: 3", "weight: §99999999999", "models.fast.targets[0].weight", "'99999999999' is not a whole number of at most 2147483647.")]
    [InlineData("weight: 3", "weight: §1000001", "models.fast.targets[0].weight", "'1000001' is out of range; it must be 0 to 1000000.")]
    [InlineData("weight: 3", "weight: §-1", "models.fast.targets[0].weight", "'-1' is out of range; it must be 0 to 1000000.")]
    [InlineData("weight: 3", "weight:§", "models.fast.targets[0].weight",
        "Here must be a whole number of at most 2147483647, and there is no value; give it one or take the line out.")]
    [InlineData("delay: 20ms", "delay: §20", "providers.fake.fake.delay", "'20' is not a duration such as 500ms, 30s, 10m, 2h, 1d or 1m30s.")]
    [InlineData("delay: 20ms", "delay: §2h", "providers.fake.fake.delay", "'2h' is out of range; it must be 0s to 1h.")]
    [InlineData("connect: 2s", "connect: §9ms", "providers.openai.timeouts.connect", "'9ms' is out of range; it must be 10ms to 5m.")]
    [InlineData("tenants:\n", "limits: { request_body_max: §2GiB }\ntenants:\n", "limits.request_body_max", "'2GiB' is out of range; it must be 1KiB to 1GiB.")]
    [InlineData("tenants:\n", "limits: { request_body_max: §2GB }\ntenants:\n", "limits.request_body_max", "'2GB' is not a size such as 512, 64KiB, 32MiB or 1GiB.")]
    [InlineData("tenants:\n", "config_version_header: §yes\ntenants:\n", "config_version_header", "'yes' is not true or false.")]
    [InlineData("tenants:\n", "state: §''\ntenants:\n", "state", "This must not be empty.")]
    [InlineData("kind: openai", "kind: §OpenAI", "providers.openai.kind", "'OpenAI' is not one of openai, anthropic, fake. Did you mean 'openai'?")]
    [InlineData("    kind: openai\n", "    # none\n", "providers.openai.kind", "The field kind is missing.", "§openai:\n    #")]
    [InlineData("secret: file:app-key", "secret: [§a]", "keys.app.secret", "Here must be a secret, and there is a list.", "secret: §[a]")]
    [InlineData("teams:\n      core:\n        users:\n          alice: {}", "teams: §~", "tenants.acme.teams",
        "Here must be a section of entries by name, and there is no value; give it one or take the line out.")]
    [InlineData("routes: [default]", "routes: §default", "keys.app.routes", "Here must be a list, and there is a single value.")]
    [InlineData("secret: file:app-key", "hash: §abc", "keys.app.hash", "The value does not have the form ^[0-9a-fA-F]{64}$.")]
    [InlineData("path: /", "path: §/v1", "routes.default.path", "The path of a route for the model API ends in a slash and has no { }.")]
    [InlineData("tenants:\n", "listeners: { §data: [] }\ntenants:\n", "listeners.data", "There are 0 entries; there must be at least 1.")]
    [InlineData("user: alice\n", "user: alice\n    ip_ranges: [10.0.0.0/8, §10.0.0.1/8]\n", "keys.app.ip_ranges[1]",
        "'10.0.0.1/8' is not a network such as 10.0.0.0/8 or 2001:db8::/32, with no bit set beyond the prefix.")]
    [InlineData("user: alice\n", "user: alice\n    expires: §2030-01-01T00:00:00\n", "keys.app.expires",
        "'2030-01-01T00:00:00' is not a date and time in ISO 8601 with offset, such as 2030-12-31T23:59:59Z or 2030-12-31T23:59:59+01:00.")]
    [InlineData("secret: file:app-key", "secret: §${NOT_SET}", "keys.app.secret", "The environment variable NOT_SET is not set; set it, or write ${NOT_SET:-default}.")]
    [InlineData("secret: file:app-key", "secret: §file:nowhere", "keys.app.secret", "The file 'nowhere' of this secret does not exist.")]
    [InlineData("secret: file:app-key", "secret: §a${b", "keys.app.secret",
        "A reference must be written ${NAME} or ${NAME:-default}, the name in letters, digits and _; for ${ itself write $${.")]
    [InlineData("tenant: acme", "tenant: §acne", "keys.app.tenant", "There is no 'acne' among the tenants. Did you mean 'acme'? Known tenants: acme.")]
    [InlineData("team: core", "team: §cor", "keys.app.team", "There is no 'cor' among the teams of the tenant. Did you mean 'core'? Known teams of the tenant: core.")]
    [InlineData("user: alice", "user: §bob", "keys.app.user", "There is no 'bob' among the users of the team. Known users of the team: alice.")]
    [InlineData("    team: core\n    user: alice", "    user: §alice", "keys.app.user", "A user needs the team it belongs to; add the field team.")]
    [InlineData("    secret: file:app-key\n", "", "keys.app", "Neither secret nor hash is given; give exactly one.", "  §app:")]
    [InlineData("user: alice", "user: alice\n    hash: " + Hex, "keys.app", "Both secret and hash are given; give exactly one.", "  §app:")]
    [InlineData("secret: file:app-key", "secret: §0123456789012345678", "keys.app.secret", "The key has 19 characters; it must have at least 20.")]
    [InlineData("secret: file:app-key", "secret: §01234567890 123456789", "keys.app.secret",
        "The key holds spaces or characters that no client can send in a header; use letters, digits and dashes.")]
    [InlineData("providers:\n", "  twin:\n    tenant: acme\n    secret: §file:app-key\nproviders:\n", "keys.twin.secret", "This is the same key as keys.app; each key must be different.")]
    [InlineData("models: [\"gpt*\", fast]", "models: [\"gpt*\", §fats]", "keys.app.models[1]", "There is no 'fats' among the models. Did you mean 'fast'? Known models: fast.")]
    [InlineData("models: [\"gpt*\", fast]", "models: [§\"g*pt\"]", "keys.app.models[0]", "In 'g*pt' the * stands before the end; only a trailing * matches.")]
    [InlineData("models: [\"gpt*\", fast]", "models: [§\"\"]", "keys.app.models[0]", "A name must not be empty; '*' stands for all.")]
    [InlineData("routes: [default]", "routes: [§defualt]", "keys.app.routes[0]", "There is no 'defualt' among the routes. Did you mean 'default'? Known routes: default.")]
    [InlineData("path: /", "model_cache: { ttl: §2d }", "routes.default.model_cache.ttl", "This is longer than ttl_max, the most that a call may ask for; raise that too.")]
    [InlineData("path: /", "model_cache: { tags: [§\"{who}\"] }", "routes.default.model_cache.tags[0]",
        "'{who}' has {who}; a tag knows {model}, {route}, {team}, {user} and {metadata.NAME}.")]
    [InlineData("path: /", "models: [§fst]", "routes.default.models[0]", "There is no 'fst' among the models. Did you mean 'fast'? Known models: fast.")]
    [InlineData("keys:\n", "  §-acme: {}\nkeys:\n", "tenants.-acme",
        "An id is 1 to 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit.")]
    [InlineData("  fast:", "  §\"fa st\": { targets: [ { provider: fake } ] }\n  fast:", "models[\"fa st\"]",
        "A model's name is 1 to 200 visible ASCII characters without spaces and without *.")]
    [InlineData("  fast:", "  §fast*: { targets: [ { provider: fake } ] }\n  fast:", "models[\"fast*\"]",
        "A model's name is 1 to 200 visible ASCII characters without spaces and without *.")]
    [InlineData("  fast:", "  §gpt-4.1: {}\n  fast:", "models[\"gpt-4.1\"].targets", "The field targets is missing.")]
    [InlineData("  fast:", "  none: { §targets: [] }\n  fast:", "models.none.targets", "There are 0 entries; there must be at least 1.")]
    [InlineData("model: gpt-4.1-mini", "model: §\"\"", "models.fast.targets[0].model", "A model's name is 1 to 200 visible ASCII characters without spaces.")]
    [InlineData("      - provider: fake\n    fallbacks", "      - provider: §fak\n    fallbacks", "models.fast.targets[1].provider",
        "There is no 'fak' among the providers. Did you mean 'fake'? Known providers: fake, openai.")]
    [InlineData("    fallbacks:\n      - provider: fake", "    fallbacks:\n      - provider: §ollama", "models.fast.fallbacks[0].provider",
        "There is no 'ollama' among the providers. Known providers: fake, openai.")]
    [InlineData("    fallbacks:\n", "      - §provider: fake\n        model: fast\n    fallbacks:\n", "models.fast.targets[2]",
        "This is the same provider and model as models.fast.targets[1]; take one out.")]
    [InlineData("kind: fake", "kind: fake\n    base_url: §http://x", "providers.fake.base_url", "A provider of kind fake sends nothing anywhere; take base_url out.")]
    [InlineData("kind: openai", "kind: openai\n    §fake: {}", "providers.openai.fake", "Only a provider of kind fake may have these settings.")]
    [InlineData("kind: openai", "kind: anthropic\n    stream_usage: §as_sent", "providers.openai.stream_usage", "Only a provider of kind openai can be told so; take stream_usage out.")]
    [InlineData("kind: openai", "kind: openai\n    base_url: §ftp://x", "providers.openai.base_url",
        "This is not an absolute http or https URL without user name, query or fragment.")]
    [InlineData("        - status: 503\n          retry_after: 2", "        - §every: 2", "providers.fake.fake.faults[0]",
        "Of status, cut_after_tokens and stall_after_tokens none is given; give exactly one.")]
    [InlineData("status: 503", "status: 503\n          cut_after_tokens: 3", "providers.fake.fake.faults[0]",
        "Of status, cut_after_tokens and stall_after_tokens 2 are given; give exactly one.", "- §status")]
    [InlineData("status: 503\n          retry_after: 2", "cut_after_tokens: 0\n          retry_after: §2", "providers.fake.fake.faults[0].retry_after",
        "Only an error answer can name it; give status too, or take retry_after out.")]
    [InlineData("path: /\n", "path: /\n  other: { path: §/ }\n", "routes.other.path", 
        "routes.default takes the same requests, and the two cannot be told apart; change the path, or what one of them must match.")]
    [InlineData("x-team: core", "§x team: core", "providers.openai.headers[\"x team\"]", "'x team' is not a header's name; it takes letters, digits and dashes.")]
    [InlineData("x-team: core", "§Connection: close", "providers.openai.headers.Connection", "The header Connection is written by the gateway itself and cannot be set.")]
    [InlineData("x-team: core", "§Authorization: Basic", "providers.openai.headers.Authorization",
        "The header Authorization cannot be set beside api_key, which is sent in one like it; give one of the two.")]
    [InlineData("x-team: core", "x-team: core\n      §X-Team: core", "providers.openai.headers.X-Team", "The header X-Team is given twice; capitals make no difference.")]
    [InlineData("x-team: core", "x-team: §\"a\\nb\"", "providers.openai.headers.x-team", "The value holds a character that cannot be sent in a header (a line break?).")]
    [InlineData("connect: 2s", "connect: §2m\n      total: 1m", "providers.openai.timeouts.connect", "2m is longer than total, which is 1m.")]
    [InlineData("connect: 2s", "idle: §11m", "providers.openai.timeouts.idle", "11m is longer than total, which is 10m.")]
    [InlineData("connect: 2s", "first_token: §11m", "providers.openai.timeouts.first_token", "11m is longer than total, which is 10m.")]
    [InlineData("    fallbacks:", "    timeouts: { total: 1s, idle: §2s }\n    fallbacks:", "models.fast.timeouts.idle", "2s is longer than total, which is 1s.")]
    [InlineData("tenants:\n", "listeners: { data: [\"127.0.0.1:80\", §\"127.0.0.1:80\"] }\ntenants:\n", "listeners.data[1]",
        "This address and 127.0.0.1:80, listed before, cannot both be listened on.")]
    [InlineData("tenants:\n", "listeners: { data: [\"0.0.0.0:9090\"], admin: §\"127.0.0.1:9090\" }\ntenants:\n", "listeners.admin",
        "The admin address 127.0.0.1:9090 and the data address 0.0.0.0:9090 cannot both be listened on.")]
    [InlineData("tenants:\n", "listeners: { admin: §localhost:9090 }\ntenants:\n", "listeners.admin",
        "'localhost:9090' is not an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080 (names are not looked up).")]
    [InlineData("tenants:\n", "access_log: { fields: [] }\ntenants:\n", "access_log.fields", "There are 0 entries; there must be at least 1.", "{ §fields")]
    [InlineData("tenants:\n", "telemetry: { traces: { endpoint: http://x, sample_ratio: §1.5 } }\ntenants:\n", "telemetry.traces.sample_ratio",
        "'1.5' is out of range; it must be 0 to 1.")]
    [InlineData("tenants:\n", "telemetry: { traces: { endpoint: http://x, sample_ratio: §NaN } }\ntenants:\n", "telemetry.traces.sample_ratio",
        "'NaN' is not a number such as 0.25.")]
    [InlineData("tenants:\n", "telemetry: { traces: { sample_ratio: §0.5 } }\ntenants:\n", "telemetry.traces.sample_ratio",
        "Nothing is sent without an endpoint; add the field endpoint, or take sample_ratio out.")]
    [InlineData("tenants:\n", "telemetry: { metrics: { endpoint: http://x, protocol: §gprc } }\ntenants:\n", "telemetry.metrics.protocol",
        "'gprc' is not one of http_protobuf, grpc. Did you mean 'grpc'?")]
    [InlineData("tenants:\n", "telemetry: { traces: { endpoint: http://x, headers: { §Host: x } } }\ntenants:\n", "telemetry.traces.headers.Host",
        "The header Host is written by the gateway itself and cannot be set.")]
    [InlineData("tenants:\n", "drain_delay: §6m\ntenants:\n", "drain_delay", "'6m' is out of range; it must be 0s to 5m.")]
    [InlineData("tenants:\n", "overload: { requests_max: §0 }\ntenants:\n", "overload.requests_max", "'0' is out of range; it must be 1 to 10000000.")]
    [InlineData("tenants:\n", "overload: { memory_percent: §100 }\ntenants:\n", "overload.memory_percent", "'100' is out of range; it must be 50 to 99.")]
    [InlineData("tenants:\n", "usage: { log_max: §1MiB }\ntenants:\n", "usage.log_max", "'1MiB' is out of range; it must be 16MiB to 1024GiB.")]
    [InlineData("tenants:\n", "usage: { when_full: §wait }\ntenants:\n", "usage.when_full", "'wait' is not one of refuse, drop.")]
    [InlineData("tenants:\n", "usage: { keep: { records: §500d } }\ntenants:\n", "usage.keep.records", "Records are kept no longer than the sums by hour: raise hours, or lower records.")]
    [InlineData("tenants:\n", "usage: { keep: { days: 300d, hours: §301d } }\ntenants:\n", "usage.keep.hours", "Sums by hour are kept no longer than those by day: raise days, or lower hours.")]
    [InlineData("tenants:\n", "scaling: { targets: { web: { cpu_percent: 60, replicas_min: §5, replicas_max: 3 } } }\ntenants:\n", "scaling.targets.web.replicas_min",
        "It is more than replicas_max, which is 3.")]
    [InlineData("tenants:\n", "scaling: { targets: { §web: { replicas_max: 3 } } }\ntenants:\n", "scaling.targets.web",
        "Nothing says how many replicas there should be; add requests_in_flight, cpu_percent, admission_wait or usage_lag.")]
    [InlineData("tenants:\n", "scaling: { targets: { §we b: { cpu_percent: 60 } } }\ntenants:\n", "scaling.targets[\"we b\"]",
        "An id is 1 to 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit.")]
    [InlineData("tenants:\n", "scaling: { listen: §127.0.0.1:9090 }\ntenants:\n", "scaling.listen", "This address and 127.0.0.1:9090 of listeners cannot both be listened on.")]
    [InlineData("tenants:\n", "overload: { queue_delay: §4ms }\ntenants:\n", "overload.queue_delay", "'4ms' is out of range; it must be 5ms to 10s.")]
    [InlineData("api_key: ${OPENAI_KEY}", "api_key: §!x ${OPENAI_KEY}", "", "Tags (!…) are not supported; a value that begins with ! goes in quotes.")]
    public void Read_WhenOneThingIsWrong_GivesOneFaultThere(
        string old, string changed, string path, string message, string? where = null)
    {
        using var folder = new TestFolder();
        var marked = ReplaceOnce(TestFolder.Good, old, where is null ? changed : changed.Replace("§", "", StringComparison.Ordinal));
        if (where is not null) marked = ReplaceOnce(marked, where.Replace("§", "", StringComparison.Ordinal), where);
        var before = marked[..marked.IndexOf('§', StringComparison.Ordinal)];
        var (line, column) = (before.Count(c => c == '\n') + 1, before.Length - before.LastIndexOf('\n'));

        var faults = folder.FaultsOf(marked.Replace("§", "", StringComparison.Ordinal));

        Assert.Equal([$"{line}:{column} {path}: {message}"], faults);
    }

    [Fact]
    public void Read_WhenAFieldOfTheAccessLogIsUnknown_NamesTheOneMeant()
    {
        using var folder = new TestFolder();
        var fault = Assert.Single(folder.FaultsOf(TestFolder.Good + "access_log: { fields: [status, route, tenat] }\n"));
        Assert.Contains("access_log.fields[2]: 'tenat' is not one of timestamp, request_id, ", fault, StringComparison.Ordinal);
        Assert.EndsWith(", cache, error, user_agent. Did you mean 'tenant'?", fault, StringComparison.Ordinal);
    }

    private static string ReplaceOnce(string text, string old, string replacement)
    {
        var at = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(at >= 0, $"'{old}' is not in the sample");
        return string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(at + old.Length));
    }
}
