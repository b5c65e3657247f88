using System.Text;

namespace OrleansGateway.Configuration;

/// <summary>The page of all settings, docs/configuration.md, made from the settings records and their comments.</summary>
internal sealed class ConfigurationReference
{
    private readonly DocComments _comments = DocComments.Load();
    private readonly StringBuilder _page = new();
    private readonly HashSet<Type> _written = [];

    private ConfigurationReference() { }

    public static string Write()
    {
        var reference = new ConfigurationReference();
        reference._page.Append(ConfigurationIntroduction.Text);
        reference.Section(SettingRecord.Of(typeof(GatewaySettings)), path: "");
        return reference._page.ToString();
    }

    // A record that stands in several places (timeouts) is written once, where it comes first.
    private void Section(SettingRecord record, string path)
    {
        if (!_written.Add(record.Type)) return;
        _page.Append(CultureInfo.InvariantCulture, $"\n## {TitleOf(record, path)}\n\n{_comments.Of(record.Type)}\n\n");
        _page.Append("| Setting | Type | Default | Meaning |\n| --- | --- | --- | --- |\n");
        foreach (var field in record.Fields)
        {
            var meaning = _comments.Of(field.Property).Replace("|", "\\|", StringComparison.Ordinal);
            _page.Append(CultureInfo.InvariantCulture, $"| `{field.Name}` | {TypeOf(field.Shape)} | {DefaultOf(field)} | {meaning} |\n");
        }

        foreach (var field in record.Fields)
        {
            var (inner, step) = Inner(field.Shape, path.Length == 0 ? field.Name : $"{path}.{field.Name}");
            if (inner is not null) Section(inner, step);
        }
    }

    private static (SettingRecord? Record, string Path) Inner(SettingShape shape, string path) => shape switch
    {
        SettingShape.Section section => (section.Record, path),
        SettingShape.ListOf list => Inner(list.Item, path + "[]"),
        SettingShape.MapOf map => Inner(map.Value, path + ".<id>"),
        _ => (null, path),
    };

    private static string TitleOf(SettingRecord record, string path) => record.Type switch
    {
        var type when type == typeof(GatewaySettings) => "The file as a whole",
        var type when type == typeof(TimeoutSettings) => "`timeouts` of a provider or a model",
        var type when type == typeof(PriceSettings) => "`prices` of a provider, `price` of a model's target",
        var type when type == typeof(AdaptiveSettings) => "`adaptive_concurrency` of a provider or an upstream",
        var type when type == typeof(RuleMatchSettings) => "`match` of a rate limit or a budget",
        _ => $"`{path}`",
    };

    private static string TypeOf(SettingShape shape) => shape switch
    {
        SettingShape.Single single => single.Format.Name,
        SettingShape.ListOf { Item: SettingShape.Single { Format.Choices: { Count: > 0 } choices } } =>
            $"list of {string.Join(", ", choices.Select(c => $"`{c}`"))}",
        SettingShape.ListOf { Item: SettingShape.Single item } => $"list of {item.Format.Name}",
        SettingShape.ListOf { Item: SettingShape.Section { Record.ShortForm: { } only } } => $"list of sections or {TypeOf(only.Shape)}",
        SettingShape.ListOf => "list of sections",
        SettingShape.MapOf { Value: SettingShape.Single value } => $"{value.Format.Name} by name",
        SettingShape.MapOf => "sections by id",
        _ => "section",
    };

    private static string DefaultOf(SettingField field) => (field.Shape, field.Default) switch
    {
        _ when field.MustBeGiven => "required",
        (SettingShape.Single, null) => "–",
        (SettingShape.Single single, { } value) => $"`{single.Format.Write(value)}`",
        (SettingShape.ListOf { Item: SettingShape.Single { Format.Choices.Count: > 0 and var all } },
            System.Collections.ICollection list) when list.Count == all => "all",
        (SettingShape.ListOf { Item: SettingShape.Single item }, System.Collections.IEnumerable list) =>
            $"`[{string.Join(", ", list.Cast<object>().Select(i => item.Format.Write(i) is var text && text == "*" ? "\"*\"" : item.Format.Write(i)))}]`",
        (SettingShape.ListOf, System.Collections.ICollection { Count: > 0 }) => "see there",
        (SettingShape.ListOf, _) => "`[]`",
        (SettingShape.MapOf, _) => "`{}`",
        (_, null) => "–",
        _ => "see below",
    };
}
