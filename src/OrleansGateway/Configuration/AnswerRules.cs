using System.Text;
using Microsoft.Net.Http.Headers;

namespace OrleansGateway.Configuration;

/// <summary>What routes answer themselves, and what they make of answers: redirects, fixed responses, CORS, compression.</summary>
internal static class AnswerRules
{
    private const string NoOrigin = "is not an origin such as https://app.example.com or https://*.example.com, or * for any; it has no path.";
    private const int BodyBytesMax = 64 << 10;

    public static void Check(RouteSettings route, string owner, Findings findings)
    {
        if (route.Redirect is { } redirect && redirect.Status is not (301 or 302 or 303 or 307 or 308))
            findings.Report(SettingPath.Field(owner, "redirect"), "status", "A redirect has the status 301, 302, 303, 307 or 308.");
        if (route.Respond is { } respond) Check(respond, SettingPath.Field(owner, "respond"), findings);
        if (route.Cors is { } cors) Check(cors, SettingPath.Field(owner, "cors"), findings);
        if (route.Compression is { } compression) Check(compression, SettingPath.Field(owner, "compression"), findings);
        if (route.Cors is not null) CheckOwned(route.ResponseHeaders, SettingPath.Field(owner, "response_headers"), findings);
    }

    private static void Check(RespondSettings respond, string path, Findings findings)
    {
        if (Encoding.UTF8.GetByteCount(respond.Body) > BodyBytesMax)
            findings.Report(path, "body", "The body is longer than 64 KiB; serve it from an upstream.");
        if (respond.Status is 204 or 205 or 304 && respond.Body.Length > 0)
            findings.Report(path, "body", $"An answer with status {respond.Status} has no body.");
        if (respond.ContentType.Length > 0 && !(respond.ContentType.All(char.IsAscii) && MediaTypeHeaderValue.TryParse(respond.ContentType, out _)))
            findings.Report(path, "content_type", $"{findings.Shown(SettingPath.Field(path, "content_type"))} is not a media type such as application/json.");
    }

    private static void Check(CorsSettings cors, string path, Findings findings)
    {
        var origins = SettingPath.Field(path, "origins");
        for (var i = 0; i < cors.Origins.Count; i++)
        {
            var item = SettingPath.Item(origins, i);
            if (cors.Origins[i] is not { } origin) continue;
            if (CorsOrigin.Parse(origin) is null)
                findings.ReportAt(item, origins, $"{findings.Shown(item)} {NoOrigin}");
            if (origin == "*" && cors.Credentials)
                findings.ReportAt(item, origins, "Any page could then act for whoever is signed in; list the origins, or take credentials out.");
        }

        var methods = SettingPath.Field(path, "methods");
        for (var i = 0; i < cors.Methods.Count; i++)
        {
            var item = SettingPath.Item(methods, i);
            if (cors.Methods[i] is { } method && !HeaderRules.IsMethod(method))
                findings.ReportAt(item, methods, $"{findings.Shown(item)} is not a method; they are in capitals, such as GET.");
        }

        HeaderRules.CheckNames(cors.Headers, SettingPath.Field(path, "headers"), findings);
        HeaderRules.CheckNames(cors.ExposeHeaders, SettingPath.Field(path, "expose_headers"), findings);
    }

    private static void Check(CompressionSettings compression, string path, Findings findings)
    {
        var (types, encodings) = (SettingPath.Field(path, "types"), SettingPath.Field(path, "encodings"));
        for (var i = 0; i < compression.Types.Count; i++)
        {
            var item = SettingPath.Item(types, i);
            if (compression.Types[i] is { } type && !IsType(type))
                findings.ReportAt(item, types, $"{findings.Shown(item)} is not a media type such as text/html, text/* or application/*+json.");
        }

        if (compression.Encodings.Distinct().Count() < compression.Encodings.Count && !findings.IsFaulty(encodings))
            findings.Report(path, "encodings", "A coding is listed twice.");
    }

    // The stage takes all that is there out, so what is set here would never be seen.
    private static void CheckOwned(HeaderChangeSettings changes, string path, Findings findings)
    {
        foreach (var (section, names) in new[] { ("rename", changes.Rename.Values), ("set", changes.Set.Keys), ("add", changes.Add.Keys) })
        {
            foreach (var name in names.Where(n => n.StartsWith("access-control-", StringComparison.OrdinalIgnoreCase)))
                findings.Report(path, section, $"The section cors writes {name}; take it out here.");
        }
    }

    private static bool IsType(string type)
    {
        var slash = type.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && HeaderRules.IsName(type.AsSpan(0, slash)) && HeaderRules.IsName(type.AsSpan(slash + 1));
    }
}
